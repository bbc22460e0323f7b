import { atom, tuple } from '@dynsrv/etf'
import { realWorld } from '@dynsrv/kit'
import type { Beam } from '@dynsrv/tools/beam'
import { describe, expect, it } from 'vitest'
import { DynamicNames } from '../../src/link/dynamic-names.ts'
import { startBeamPeer } from '../support/beam-peer.ts'
import { next, startOurs } from '../support/nodes.ts'

/** A node without a name: the first node that it connects to gives it one. */
const startNameless = (): Promise<Beam> => startBeamPeer('nameless', { name: 'undefined@127.0.0.1' })

describe('a BEAM node without a name', () => {
  it('gets one from us, and is a peer like any other then', async () => {
    await using erl = await startNameless()
    await using node = await startOurs('names')
    expect(await erl.eval('node()')).toBe('nonode@nohost')
    const up = next(node, 'nodeup')
    expect(await erl.eval(`net_kernel:connect_node('${node.self}')`)).toBe('true')
    const { node: name, hidden, direction, creation } = await up
    expect(name).toMatch(/^[0-9A-Z]{12}@127\.0\.0\.1$/)
    expect({ hidden, direction }).toStrictEqual({ hidden: true, direction: 'incoming' })
    expect(await erl.eval('node()')).toBe(`'${name}'`)
    expect(await erl.eval('erlang:system_info(creation)')).toBe(String(creation))
    expect(await erl.eval('nodes(hidden)')).toBe(`['${node.self}']`)

    await erl.eval('register(echo, spawn(fun() -> receive {From, Message} -> From ! {self(), Message} end end))')
    using mailbox = node.mailbox('js')
    mailbox.send({ name: 'echo', node: name }, tuple(mailbox.pid, atom('hello')))
    const [echo, message] = (await mailbox.receive({ timeoutMs: 10_000 })) as Iterable<{ node?: unknown }>
    expect(message).toBe(atom('hello'))
    expect(echo?.node).toBe(atom(name))
    expect(await node.ping(name)).toBe('pong')
    expect(await erl.eval(`net_adm:ping('${node.self}')`)).toBe('pong')
  })

  it('shares its name with nobody, and a name that came back is given with another creation', async () => {
    await using first = await startNameless()
    await using second = await startNameless()
    await using node = await startOurs('names')
    const connect = async (erl: Beam): Promise<{ name: string; creation: number }> => {
      const up = next(node, 'nodeup')
      expect(await erl.eval(`net_kernel:connect_node('${node.self}')`)).toBe('true')
      const { node: name, creation } = await up
      return { name, creation }
    }
    const one = await connect(first)
    const two = await connect(second)
    expect(two.name).not.toBe(one.name)
    expect(node.connected().toSorted()).toStrictEqual([one.name, two.name].toSorted())
    const down = next(node, 'nodedown')
    await first.kill()
    expect((await down).node).toBe(one.name)
    await using third = await startNameless()
    expect(await connect(third)).toStrictEqual({ name: one.name, creation: one.creation + 1 })
  })

  it.each([
    ['with assignNames: false', { assignNames: false }],
    ['whose name allow does not let in', { allow: (peer: string) => peer.startsWith('known@') }],
  ])('is refused %s', async (_what, options) => {
    await using erl = await startNameless()
    await using node = await startOurs('refuses', options)
    const refused = next(node, 'refused')
    expect(await erl.eval(`net_kernel:connect_node('${node.self}')`)).toBe('false')
    expect(await refused).toMatchObject({ reason: { code: 'DIST_NOT_ALLOWED', hint: expect.stringMatching(/name/) } })
    expect(await erl.eval('node()')).toBe('nonode@nohost')
    expect(node.connected()).toStrictEqual([])
  })

  it('with a wrong cookie gets a name and no link', async () => {
    await using erl = await startBeamPeer('nameless', { name: 'undefined@127.0.0.1', cookie: 'not_the_cookie' })
    await using node = await startOurs('strict')
    const refused = next(node, 'refused')
    expect(await erl.eval(`net_kernel:connect_node('${node.self}')`)).toBe('false')
    expect(await refused).toMatchObject({ reason: { code: 'DIST_COOKIE_MISMATCH' } })
    expect(node.connected()).toStrictEqual([])
  })
})

it('gives no name that is taken', () => {
  const seen: string[] = []
  const names = new DynamicNames({
    world: realWorld,
    enabled: true,
    allow: () => true,
    taken: (name) => seen.push(name) < 3,
  })
  expect(names.assign('here')?.name).toBe(seen[2])
  expect(new Set(seen).size).toBe(3)
})
