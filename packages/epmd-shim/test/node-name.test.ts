import fc from '@dynsrv/tools/property'
import { describe, expect, it } from 'vitest'
import { nodeName, parseNodeName } from '../src/index.ts'

describe('parseNodeName', () => {
  it.each([
    ['web-1@my-service.service.consul', 'web-1', 'my-service.service.consul'],
    ['a_B-9@10.0.0.5', 'a_B-9', '10.0.0.5'],
    ['web@fd00::1', 'web', 'fd00::1'],
    ['rpc-12ab-web@svc.internal', 'rpc-12ab-web', 'svc.internal'],
  ])('takes %s apart', (name, alive, host) => expect(parseNodeName(name)).toStrictEqual({ name, alive, host }))

  it('takes a short name when asked to', () =>
    expect(parseNodeName('web@db7', { short: true })).toStrictEqual({ name: 'web@db7', alive: 'web', host: 'db7' }))

  it.each([
    ['', 'NODE_NAME_NO_AT', /has no @/],
    ['web', 'NODE_NAME_NO_AT', /'web' has no @/],
    ['a@b.c@d.e', 'NODE_NAME_MANY_AT', /more than one @/],
    ['@svc.internal', 'NODE_NAME_EMPTY_PART', /nothing before the @/],
    ['web@', 'NODE_NAME_EMPTY_PART', /no host behind the @/],
    ['web@svc.internal.', 'NODE_NAME_EMPTY_PART', /empty label in its host/],
    ['web@svc..internal', 'NODE_NAME_EMPTY_PART', /empty label in its host/],
    ['wéb@svc.internal', 'NODE_NAME_ILLEGAL_CHARACTER', /has 'é' before the @/],
    ['we b@svc.internal', 'NODE_NAME_ILLEGAL_CHARACTER', /has ' ' before the @/],
    ['a.b@svc.internal', 'NODE_NAME_ILLEGAL_CHARACTER', /has '\.' before the @/],
    ['web@sv c.internal', 'NODE_NAME_ILLEGAL_CHARACTER', /has ' ' in the host/],
    ['web@bücher.example', 'NODE_NAME_ILLEGAL_CHARACTER', /has 'ü' in the host/],
    ['web@svc.internal\n', 'NODE_NAME_ILLEGAL_CHARACTER', /has '\\n' in the host/],
    [`${'a'.repeat(250)}@svc.internal`, 'NODE_NAME_TOO_LONG', /263 bytes long, over 255/],
    ['web@svc', 'NODE_NAME_SHORT_HOST', /short host/],
  ])('refuses %j with %s', (name, code, message) => {
    const error = thrown(() => parseNodeName(name))
    expect(error).toMatchObject({ name: 'EpmdError', code, retryable: false, message: expect.stringMatching(message) })
    expect(error).toHaveProperty('hint', expect.stringMatching(/\w+.*[.]$/))
  })

  it.each(['web@svc.internal', 'web@10.0.0.5', 'web@fd00::1'])('refuses %s as a short name', (name) =>
    expect(() => parseNodeName(name, { short: true })).toThrow(
      expect.objectContaining({ code: 'NODE_NAME_LONG_HOST' }),
    ))

  it('advises for a short host what every way to start a node can do', () => {
    const hint = expect.stringMatching(/svc\.internal.* IP address.*-name, not -sname/)
    expect(() => parseNodeName('web@svc')).toThrow(expect.objectContaining({ hint }))
  })

  it('counts 255 bytes as allowed', () => {
    const name = `${'a'.repeat(242)}@svc.internal`
    expect(name).toHaveLength(255)
    expect(nodeName(name)).toBe(name)
  })

  it('gives parts that make up the name, or an EpmdError', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[a-z0-9_-]+@[a-z.:]+$/)), (text) => {
        try {
          const { name, alive, host } = parseNodeName(text)
          expect(`${alive}@${host}`).toBe(name)
        } catch (error) {
          expect(error).toMatchObject({ name: 'EpmdError', code: expect.stringMatching(/^NODE_NAME_/) })
        }
      }),
    )
  })
})

function thrown(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

it('shows no more than the beginning of a long name', () => {
  const long = 'x'.repeat(1_000_000)
  for (const name of [long, `${long}@`, `@${long}`, `${long}@svc.test`, `a@${long}`]) {
    try {
      parseNodeName(name)
      expect.unreachable()
    } catch (error) {
      const { message, hint } = error as { message: string; hint: string }
      expect(message.length + hint.length).toBeLessThan(500)
    }
  }
})
