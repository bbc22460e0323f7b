import { atom, type Term } from '@dynsrv/etf'
import { fakeWorld } from '@dynsrv/kit/testing'
import { expect, it } from 'vitest'
import { ServedProcess, type ServerParts } from '../../src/call/served-process.ts'
import { Identifiers } from '../../src/process/identifiers.ts'
import { Registry } from '../../src/process/registry.ts'

it('a message whose handling fails costs that message, and the others are handled', async () => {
  const { clock, random } = fakeWorld()
  const registry = new Registry(new Identifiers(atom('a@127.0.0.1'), 1, random))
  const warnings: unknown[] = []
  const parts = { clock, registry, warn: (warning: unknown) => warnings.push(warning), exact: {} }
  const handled: Term[] = []
  const served = new ServedProcess(parts as unknown as ServerParts, {
    ...{ kind: 'system', module: 'js', name: 'fails', state: () => undefined },
    async handle(message) {
      handled.push(message)
      if (message === 1) throw new Error('out of order')
    },
  })
  for (const message of [1, 2, 3]) served.process.behaviour.message(message)
  served.ready()
  await served.idle()
  expect(handled).toStrictEqual([1, 2, 3])
  const message = 'fails could not handle a message'
  expect(warnings).toMatchObject([{ code: 'HANDLER_THREW', message, cause: { message: 'out of order' } }])
})
