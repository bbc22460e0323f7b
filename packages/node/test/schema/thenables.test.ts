import { expect, it } from 'vitest'
import { type Schema, Schemas } from '../../src/schema/schema.ts'

type Answer = { readonly value: unknown } | { readonly issues: readonly { readonly message: string }[] }

/** What some libraries give instead of a promise: a thing with `then` and nothing else. */
function thenable(answer: Answer | Error): PromiseLike<Answer> {
  const real = answer instanceof Error ? Promise.reject<Answer>(answer) : Promise.resolve(answer)
  // biome-ignore lint/suspicious/noThenProperty: this is what is tested
  return { then: (...handlers) => real.then(...handlers) }
}

function schemaOf(answer: () => unknown): Schema {
  return { '~standard': { version: 1, vendor: 'test', validate: answer } } as unknown as Schema
}

const schemas = new Schemas(undefined)

it.each(['read', 'write'] as const)('%s waits for a thenable that is no Promise', async (way) => {
  const answers: [Answer | Error, object][] = [
    [{ value: 7 }, { ok: true, value: 7 }],
    [{ issues: [{ message: 'too odd' }] }, { ok: false, mismatch: { message: expect.stringContaining('too odd') } }],
    [new Error('down'), { ok: false, mismatch: { message: 'the schema threw: down' } }],
  ]
  for (const [answer, expected] of answers) {
    const checked = schemas[way](
      schemaOf(() => thenable(answer)),
      1,
    )
    expect(checked).toBeInstanceOf(Promise)
    expect(await checked).toMatchObject(expected)
  }
})

it('a schema with a `then` that throws is one that throws', () => {
  const odd = schemaOf(() => ({
    // biome-ignore lint/suspicious/noThenProperty: this is what is tested
    get then() {
      throw new Error('no then')
    },
  }))
  expect(schemas.read(odd, 1)).toMatchObject({ ok: false, mismatch: { message: 'the schema threw: no then' } })
})

it('a message is not chosen by a thenable, and what that rejects with is handled', () => {
  const late = schemaOf(() => thenable(new Error('nobody waits for it')))
  expect(() => schemas.select(late, 1)).toThrow(expect.objectContaining({ code: 'NODE_BAD_OPTION' }))
})
