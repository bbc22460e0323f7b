import { describe, expect, it } from 'vitest'
import {
  byIp,
  byTag,
  byTxt,
  type Discover,
  type Discovery,
  type IgnoredTarget,
  leaveAfter,
  map,
  onDeregister,
  srvNodes,
  targetLabel,
  whenLinkDropped,
  wholeTarget,
} from '../../src/index.ts'
import { FakeMembership, node, nodes } from '../fake-membership.ts'
import { onVirtualClock, polls, running, Scripted } from '../scripted.ts'

onVirtualClock()

/** A registry of the user's own: whatever it holds reaches us. */
function registry(records: readonly object[]) {
  const held = { records }
  const answer = {
    ttlSeconds: 0,
    server: 'test',
    transport: 'none',
    authoritative: true,
    truncated: false,
    stale: false,
  }
  return {
    held,
    resolveSrv: async () => ({ ...answer, records: held.records, addresses: new Map() }) as never,
    resolveAddresses: async (name: string) =>
      ({ ...answer, records: [{ address: `10.0.0.${name.charCodeAt(0) - 96}`, family: 4, ttlSeconds: 0 }] }) as never,
    resolveTxt: async (name: string) => ({ ...answer, records: [`node=${name[0]}@svc.test`] }) as never,
  }
}

const record = (label: string, more: object = {}) => ({
  target: `${label}.svc.test`,
  port: 9000,
  priority: 0,
  weight: 0,
  ttlSeconds: 0,
  ...more,
})

/** Every way in which a record that was sound can stop being one. */
const UNUSABLE: [what: string, record: object][] = [
  ['the port 0', record('b', { port: 0 })],
  ['a port above 65535', record('b', { port: 70_000 })],
  ['a port that is no number', record('b', { port: '9000' })],
  ['no port', record('b', { port: undefined })],
  ['a weight that is no number', record('b', { weight: 'heavy' })],
  ['a negative weight', record('b', { weight: -1 })],
  ['a priority that is no number', record('b', { priority: Number.NaN })],
  ['a target with an empty label', record('b', { target: 'b..svc.test' })],
  ['a target with a blank', record('b', { target: 'b .svc.test' })],
  ['a target outside ASCII', record('b', { target: 'bé.svc.test' })],
  ['a target that is an address', record('b', { target: '10.0.0.2' })],
  ['a target that is too long', record('b', { target: `${'b'.repeat(300)}.svc.test` })],
  ['a target that is no text', record('b', { target: 7 })],
  ['no target', record('b', { target: undefined })],
  ['a label that is no name', record('b', { target: 'b!.svc.test' })],
  ['a name that is too long for a node', record('b', { target: `${'b'.repeat(64)}.svc.test` })],
]

describe.each(UNUSABLE)('a member whose record has %s', (_what, wrong) => {
  const sound = [record('self'), record('a'), record('b'), record('c')]
  const broken = [record('self'), record('a'), wrong, record('c')]

  it('keeps its live link, which is said once, with the reason', async () => {
    const membership = new FakeMembership()
    const zone = registry(sound)
    const { strategy, of } = running(membership, new Scripted(nodes()), {
      discover: srvNodes(zone, 'svc.test'),
      leave: onDeregister(),
    })
    await polls(2)
    zone.held.records = broken
    await polls(20)
    expect(of('left')).toStrictEqual([])
    expect(of('lost')).toStrictEqual([])
    expect(membership.disconnected).toStrictEqual([])
    expect(of('held').map((held) => [...held.nodes])).toStrictEqual([[[node('b'), 'unusable']]])
    expect(of('ignored')).toHaveLength(1)
    expect(of('ignored')[0]!.reason).not.toBe('')
    // Whoever is taken out beside it goes, and when it is taken out itself it goes too.
    zone.held.records = broken.slice(0, 3)
    await polls(2)
    expect(of('left').map((left) => left.node)).toStrictEqual([node('c')])
    zone.held.records = sound.slice(0, 2)
    await polls(2)
    expect(of('left').map((left) => left.node)).toStrictEqual([node('c'), node('b')])
    await strategy.close()
  })

  it('leaves when it has no link', async () => {
    const membership = new FakeMembership()
    membership.dialDoes('b@svc.test', async () => {
      throw new Error('nobody listens')
    })
    const zone = registry(sound)
    const { strategy, of } = running(membership, new Scripted(nodes()), {
      discover: srvNodes(zone, 'svc.test'),
      leave: onDeregister(),
    })
    await polls(2)
    zone.held.records = broken
    await polls(2)
    expect(of('left')).toMatchObject([{ node: node('b'), connected: false }])
    expect(membership.connected()).toStrictEqual([node('a'), node('c')])
    await strategy.close()
  })

  it('leaves when its link goes, and is back with its record', async () => {
    const membership = new FakeMembership()
    const zone = registry(sound)
    const { strategy, of } = running(membership, new Scripted(nodes()), {
      discover: srvNodes(zone, 'svc.test'),
      leave: onDeregister(),
    })
    await polls(2)
    zone.held.records = broken
    await polls(3)
    membership.dialDoes('b@svc.test', async () => {
      throw new Error('nobody listens')
    })
    membership.drop(node('b'), 'reset')
    await polls(3)
    expect(of('left')).toMatchObject([{ node: node('b'), connected: false }])
    membership.dialDoes('b@svc.test')
    zone.held.records = sound
    await polls(1)
    expect(membership.connected()).toContain(node('b'))
    await strategy.close()
  })

  it('does not make us deregistered when it is our own', async () => {
    const zone = registry(sound)
    const { strategy, of } = running(new FakeMembership('b@svc.test'), new Scripted(nodes()), {
      discover: srvNodes(zone, 'svc.test'),
      leave: onDeregister(),
    })
    await polls(2)
    zone.held.records = broken
    await polls(20)
    expect(of('deregistered')).toStrictEqual([])
    await strategy.close()
  })
})

describe('whose a record is that cannot be used', () => {
  const strange = (target: string): IgnoredTarget => ({ target, reason: 'it is broken' })

  it('is that of nobody who was named beside it', async () => {
    const membership = new FakeMembership()
    const source = new Scripted({ nodes: nodes('a', 'b'), ignored: [strange('x')] })
    const { strategy, of } = running(membership, source, { leave: onDeregister() })
    await polls(2)
    source.answer = { nodes: nodes('a'), ignored: [strange('x')] }
    await polls(2)
    expect(of('left')).toMatchObject([{ node: node('b') }])
    await strategy.close()
  })

  it('is that of nobody who went before it came', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('a', 'b'))
    const { strategy, of } = running(membership, source, { leave: leaveAfter(4) })
    await polls(2)
    source.answer = nodes('a')
    await polls(2)
    source.answer = { nodes: nodes('a'), ignored: [strange('x')] }
    await polls(3)
    expect(of('left')).toMatchObject([{ node: node('b') }])
    await strategy.close()
  })

  it('is that of nobody when it is sound and names something else', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('a', 'b'))
    const { strategy, of } = running(membership, source, { leave: onDeregister() })
    await polls(2)
    source.answer = { nodes: nodes('a'), ignored: [{ ...strange('b.other.test'), foreign: true }] }
    await polls(2)
    expect(of('left')).toMatchObject([{ node: node('b') }])
    await strategy.close()
  })

  it('is that of one alone when it names it, in whatever case', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('a', 'b', 'c'))
    const { strategy, of } = running(membership, source, { leave: onDeregister() })
    await polls(2)
    source.answer = { nodes: nodes('a'), ignored: [{ ...strange('c'), node: 'C@svc.test' as never }] }
    await polls(3)
    expect(of('left')).toMatchObject([{ node: node('b') }])
    expect(membership.connected()).toStrictEqual([node('a'), node('c')])
    await strategy.close()
  })

  it('lasts while its text changes and through answers that are not sound', async () => {
    const membership = new FakeMembership()
    const source = new Scripted({ nodes: nodes('a', 'b'), ignored: [strange('x')] })
    const { strategy, of } = running(membership, source, { leave: onDeregister() })
    await polls(2)
    let poll = 0
    source.next = () => {
      poll += 1
      if (poll % 5 === 0) return { nodes: nodes(), empty: 'nodata' }
      if (poll % 7 === 0) return { nodes: nodes('a'), stale: true }
      return { nodes: nodes('a'), ignored: [strange('x'), strange(`garbage ${poll}`)] }
    }
    await polls(40)
    expect(of('left')).toStrictEqual([])
    expect(membership.connected()).toStrictEqual([node('a'), node('b')])
    await strategy.close()
  })

  it('does not look like answers that take turns when the record is mended', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('a', 'b'))
    const { strategy, of } = running(membership, source, { leave: onDeregister() })
    await polls(2)
    source.answer = { nodes: nodes('a'), ignored: [strange('x')] }
    await polls(3)
    source.answer = nodes('a', 'b')
    await polls(3)
    source.answer = nodes('a')
    await polls(2)
    expect(of('left')).toMatchObject([{ node: node('b') }])
    await strategy.close()
  })

  it('keeps a policy that spares live links as it is', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('a', 'b'))
    const { strategy, of } = running(membership, source, { leave: whenLinkDropped() })
    await polls(2)
    source.answer = { nodes: nodes('a'), ignored: [strange('x')] }
    await polls(3)
    membership.dialDoes('b@svc.test', async () => {
      throw new Error('nobody listens')
    })
    membership.drop(node('b'), 'reset')
    await polls(2)
    expect(of('left')).toMatchObject([{ node: node('b') }])
    await strategy.close()
  })
})

describe('what a source says of a record that cannot be used', () => {
  const ask = async (discover: Discover) => {
    const { ignored } = (await discover({ signal: new AbortController().signal })) as Discovery
    return ignored!.map(({ node: owner, foreign }) => owner ?? foreign ?? 'unknown')
  }
  const zone = registry([record('a'), record('b', { port: 0 }), record('c', { target: 'c.other.test' })])

  it.each([
    ['targetLabel', targetLabel('svc.test'), ['b@svc.test', true]],
    ['wholeTarget', wholeTarget('n'), ['n@b.svc.test']],
    ['byIp', byIp('n'), ['unknown']],
    ['byTxt', byTxt(), ['unknown']],
    ['byTag', byTag(), ['unknown', 'unknown', 'unknown']],
  ])('%s', async (_what, name, owners) => {
    expect(await ask(srvNodes(zone, 'svc.test', name))).toStrictEqual(owners)
  })

  it('takes an address with a zone for no host of a node', () => {
    const { map: name } = byIp('n')
    expect(name({ addresses: ['fe80::1'] })).toStrictEqual({ node: 'n@fe80::1' })
    for (const mapped of [name({ addresses: ['fe80::1%eth0'] }), byTag().map({ tags: ['n@fe80::1%eth0'] })]) {
      expect(mapped).toMatchObject({ ignored: expect.stringContaining('it has a zone') })
    }
  })

  it('goes through a change of names', async () => {
    const renamed = map(srvNodes(zone, 'svc.test'), (name) => name.replace('svc', 'new') as never)
    expect(await ask(renamed)).toStrictEqual(['b@new.test', true])
  })
})
