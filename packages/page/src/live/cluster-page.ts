import type { Cluster, ClusterEvent } from '@dynsrv/cluster'
import { type Clock, Repeats, type World } from '@dynsrv/kit'
import { ChangeLog } from './change-log.ts'
import { describeMembers } from './describe-members.ts'
import { describeTopology } from './describe-topology.ts'
import { History } from './history.ts'
import { Latency } from './latency.ts'
import { LostLinks } from './lost-links.ts'
import { memberDetail } from './member-detail.ts'
import type { PageMember, PageMemberDetail, PageSample, PageSelf, PageState } from './page-state.ts'
import { Releases } from './releases.ts'
import { Traffic } from './traffic.ts'

/** How many names are remembered: peers choose them. */
const MAX_REMEMBERED = 2_000

/** What the page of a cluster shows, gathered from the events and the state of the cluster. */
export class ClusterPage {
  readonly latency: Latency
  readonly #cluster: Cluster
  readonly #traffic = new Traffic()
  readonly #clock: Clock
  readonly #log: ChangeLog
  /** Keeps strangers from filling the log. */
  readonly #repeats: Repeats
  readonly #lost = new LostLinks()
  readonly #history: History
  readonly #releases: Releases
  readonly #incarnation: string
  readonly #startedAt: number
  /** Kept, as a node that is closed has none any more. */
  readonly #port: number
  readonly #seen = new Set<string>()
  /** Since when members have been in their state: another dial that fails does not change it. */
  readonly #since = new Map<string, Pick<PageMember, 'state' | 'since'>>()
  readonly #ignored = new Map<string, Map<string, string>>()
  readonly #held = new Map<string, ReadonlyMap<string, string>>()

  constructor(cluster: Cluster, { clock, random }: Pick<World, 'clock' | 'random'>) {
    this.#cluster = cluster
    this.#clock = clock
    this.#log = new ChangeLog(clock)
    this.#repeats = new Repeats(clock)
    this.#incarnation = Buffer.from(random.bytes(16)).toString('hex')
    this.#startedAt = clock.now()
    this.#port = cluster.port
    this.latency = new Latency(cluster, clock)
    this.#history = new History(cluster, this.latency, clock)
    this.#releases = new Releases(cluster)
    for (const name of cluster.members()) this.#seen.add(name)
  }

  /** Takes notice of what happened. */
  notice(event: ClusterEvent): void {
    if (event.type === 'nodeup') remember(this.#seen, event.node)
    else if (event.type === 'held') this.#held.set(event.topology, event.nodes)
    else if (event.type === 'ignored') {
      const ignored = this.#ignored.get(event.topology) ?? new Map<string, string>()
      if (ignored.size < MAX_REMEMBERED) ignored.set(event.target, event.reason)
      this.#ignored.set(event.topology, ignored)
    }
    this.#lost.notice(event, this.#clock.now())
    this.#history.notice(event)
    this.#repeats.tell(event, () => this.#log.notice(event))
  }

  /** All that is known now. */
  state(): PageState {
    const held = new Map([...this.#held.values()].flatMap((nodes) => [...nodes]))
    const { latency } = this
    const measurements = { clock: this.#clock, traffic: this.#traffic, latency, seen: this.#seen, held }
    const members = describeMembers(this.#cluster, measurements).map((member) =>
      this.#lasting(this.#lost.explained(member)),
    )
    if (this.#since.size > members.length) this.#forget(new Set(members.map(({ name }) => name)))
    const byName = new Map(members.map((member) => [member.name.toLowerCase(), member]))
    const lookups = this.#cluster.lookups()
    return {
      incarnation: this.#incarnation,
      self: this.#self(),
      members,
      topologies: [...this.#cluster.strategies].map(([name, strategy]) =>
        describeTopology({
          ...{ name, strategy, self: this.#cluster.self, lookup: lookups.get(name), members: byName },
          ignored: this.#ignored.get(name) ?? new Map(),
          held: this.#held.get(name) ?? new Map(),
        }),
      ),
      changes: [...this.#log.changes],
    }
  }

  /** Notes how the cluster stands, for the charts. */
  sample(): PageSample {
    return this.#history.sample()
  }

  /** How the cluster stood, oldest first. */
  samples(): PageSample[] {
    return this.#history.samples()
  }

  /** All that is known of one member; undefined for a name that is none. */
  async member(name: string): Promise<PageMemberDetail | undefined> {
    const find = () => this.#cluster.node.peers().find((one) => one.peer === name)
    const found = find()
    if (found === undefined && ![...this.#cluster.missing().keys()].some((missing) => missing === name))
      return undefined
    const runs = found?.state === 'connected' ? await this.#releases.of(found) : ''
    const [samples, changes] = [this.#history.of(name), this.#log.of(name)]
    return memberDetail({ name, peer: find(), runs, samples, changes, lookups: this.#cluster.lookups() })
  }

  #lasting(member: PageMember): PageMember {
    const { name, state, since } = member
    const known = this.#since.get(name)
    if (state !== 'connected' && known?.state === state) return { ...member, since: known.since }
    const began = { state, since: since ?? this.#clock.now() }
    this.#since.set(name, began)
    return { ...member, since: began.since }
  }

  #forget(shown: ReadonlySet<string>): void {
    for (const name of this.#since.keys()) if (!shown.has(name)) this.#since.delete(name)
  }

  #self(): PageSelf {
    const { self: name, state } = this.#cluster
    return { name, state, port: this.#port, startedAt: this.#startedAt }
  }
}

function remember(names: Set<string>, name: string): void {
  names.delete(name)
  names.add(name)
  if (names.size > MAX_REMEMBERED) names.delete(names.values().next().value!)
}
