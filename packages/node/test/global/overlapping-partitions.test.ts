import { atom } from '@dynsrv/etf'
import type { Beam } from '@dynsrv/tools/beam'
import { expect, it } from 'vitest'
import type { Node } from '../../src/index.ts'
import { startBeamPeer } from '../support/beam-peer.ts'
import { next, startOurs } from '../support/nodes.ts'

const PATIENCE = { timeout: 30_000, interval: 50 }
/** OTP 23 and 24 know no such parameter and ignore it. */
const PREVENT = ['-kernel', 'prevent_overlapping_partitions', 'true']

const visible = (label: string, options: Parameters<typeof startOurs>[1] = {}) =>
  startOurs(label, { hidden: false, ...options })
const beamPeer = (label: string, args: readonly string[] = []) => startBeamPeer(label, { args: [...PREVENT, ...args] })
const links = async (beam: Beam) => (await beam.eval('lists:sort(nodes())')).replaceAll("'", '')
const peers = (node: Node) =>
  node
    .peers()
    .filter(({ state }) => state === 'connected')
    .map(({ peer }) => peer)
    .sort()

/** Everybody shares names with everybody. */
async function mesh(nodes: readonly Node[], beams: readonly Beam[]): Promise<void> {
  const names = [...nodes.map(({ self }) => self), ...beams.map(({ name }) => name)].sort()
  const others = (own: string) => names.filter((name) => name !== own)
  for (const node of nodes) {
    await expect.poll(() => node.global.known().sort(), PATIENCE).toStrictEqual(others(node.self))
  }
  const synced = `lists:sort(gen_server:call(global_name_server, get_synced, infinity))`
  for (const beam of beams) {
    await expect
      .poll(async () => (await beam.eval(synced)).replaceAll("'", ''), PATIENCE)
      .toBe(`[${others(beam.name).join()}]`)
  }
}

it('of two BEAM nodes that lose each other we drop one at least, as any other node does', async () => {
  await using ours = await visible('ours')
  await using one = await beamPeer('one')
  await using two = await beamPeer('two')
  await ours.connect(one.name)
  await ours.connect(two.name)
  await mesh([ours], [one, two])
  const down = next(ours, 'nodedown')
  expect(await one.eval(`erlang:disconnect_node('${two.name}')`)).toBe('true')
  // Whichever tells us first has us drop the other, which may do so before it can tell.
  expect((await down).reason.code).toMatch(/^NODE_PARTITION_PREVENTED$|^NODE_CLOSED_BY_PEER$/)
  await expect.poll(() => links(one), PATIENCE).not.toContain(two.name)
  await expect.poll(() => peers(ours).length, PATIENCE).toBeLessThan(2)
  expect(await links(two)).not.toContain(one.name)
})

it('a node that we lose is dropped by the others too', async () => {
  await using ours = await visible('ours', { netTickTimeMs: 4_000 })
  await using third = await visible('third', { netTickIntensity: 60 })
  // They tick once a second, and would themselves notice nothing within a minute.
  const ticks = ['-kernel', 'net_tickintensity', '60']
  await using frozen = await beamPeer('frozen', ticks)
  await using witness = await beamPeer('witness', ticks)
  for (const beam of [frozen, witness]) await ours.connect(beam.name)
  await third.connect(ours.self)
  await mesh([ours, third], [frozen, witness])
  expect(await witness.eval(`global:register_name(kept, self())`)).toBe('yes')
  frozen.signal('SIGSTOP')
  try {
    await mesh([ours, third], [witness])
  } finally {
    frozen.signal('SIGCONT')
  }
  expect(third.global.whereis(atom('kept'))?.node.name).toBe(witness.name)
  await expect.poll(() => links(frozen), PATIENCE).toBe('[]')
  // Awake again, it may have told that it lost us before it heard that all others have dropped it.
  const all = [ours.self, frozen.name, witness.name].sort()
  const together = async () => {
    await Promise.allSettled(all.map((name) => third.connect(name)))
    return third.global.known().sort()
  }
  await expect.poll(together, PATIENCE).toStrictEqual(all)
  await mesh([ours, third], [frozen, witness])
})

it('a node that we drop on purpose leaves alone, and we stay with the others', async () => {
  await using ours = await visible('ours')
  await using dropped = await beamPeer('dropped')
  await using kept = await beamPeer('kept')
  for (const beam of [dropped, kept]) await ours.connect(beam.name)
  await mesh([ours], [dropped, kept])
  await ours.disconnect(dropped.name)
  await expect.poll(() => links(kept), PATIENCE).toBe(`[${ours.self}]`)
  await expect.poll(() => links(dropped), PATIENCE).toBe('[]')
  await mesh([ours], [kept])
  expect(peers(ours)).toStrictEqual([kept.name])
})

it('with preventOverlappingPartitions off, we keep those that others lost', async () => {
  await using ours = await visible('ours', { preventOverlappingPartitions: false })
  const off = ['-kernel', 'prevent_overlapping_partitions', 'false']
  await using one = await startBeamPeer('one', { args: off })
  await using two = await startBeamPeer('two', { args: off })
  for (const beam of [one, two]) await ours.connect(beam.name)
  await mesh([ours], [one, two])
  expect(await one.eval(`erlang:disconnect_node('${two.name}')`)).toBe('true')
  await expect.poll(() => links(two), PATIENCE).toBe(`[${ours.self}]`)
  await ours.disconnect(two.name)
  await expect.poll(() => links(two), PATIENCE).toBe('[]')
  expect(peers(ours)).toStrictEqual([one.name])
  expect(await links(one)).toBe(`[${ours.self}]`)
})

it('others learn from us which version of the protocol those speak that we know', async () => {
  await using ours = await visible('ours')
  await using first = await beamPeer('first')
  await ours.connect(first.name)
  await mesh([ours], [first])
  await using late = await beamPeer('late')
  await ours.connect(late.name)
  await mesh([ours], [first, late])
  const version = (of: string) => `maps:get('${of}', element(3, sys:get_state(global_name_server)))`
  const own = await first.eval('gen_server:call(global_name_server, get_protocol_version)')
  await expect.poll(() => late.eval(version(first.name)), PATIENCE).toBe(own)
  await expect.poll(() => first.eval(version(late.name)), PATIENCE).toBe(own)
  for (const beam of [first, late]) expect(await beam.eval(version(ours.self))).toBe('8')
})

it('a node of the mesh and we that do not reach each other do not stay in one mesh', async () => {
  await using one = await beamPeer('one')
  await using two = await beamPeer('two')
  // It dials nobody of that name, and lets nobody of that name in.
  await using ours = await visible('ours', { allow: (peer) => peer !== two.name })
  expect(await one.eval(`net_kernel:connect_node('${two.name}')`)).toBe('true')
  await mesh([], [one, two])
  const down = next(ours, 'nodedown')
  await ours.connect(one.name)
  // Whoever gives up first tells: either they drop us, or the two drop each other as well.
  expect((await down).node).toBe(one.name)
  await expect.poll(() => links(one), PATIENCE).not.toContain(ours.self)
  expect(ours.global.known()).toStrictEqual([])
})
