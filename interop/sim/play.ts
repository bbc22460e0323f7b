import { atom } from '@dynsrv/etf'
import { isNodeError, type Mailbox, type NodeSnapshot } from '@dynsrv/node'
import { dnsClient } from '@dynsrv/srv-resolver'
import { type MemberOptions, type Simulation, simulate } from '@dynsrv/testing'
import { type Cluster, type ClusterEvent, start } from 'dynsrv'
import { costMs, isAlone, type Scene, type Story } from './story.ts'
import { BUSY_BYTES, PASSING, Traffic } from './traffic.ts'

/** A rule that a run has broken: which one, and how. */
export interface Broken {
  readonly rule: string
  readonly how: string
}

/** What a run was: what it broke, and all that happened. */
export interface Played {
  readonly broken: readonly Broken[]
  readonly digest: string
  readonly report: () => string
  /** Virtual time. Unit: milliseconds. */
  readonly elapsedMs: number
}

const SERVICE = 'svc.test'
const GROUP = 'all'
const CALL_MS = 5_000
/** What members do all the time ends by its own time limit; the rarest of it comes so often. */
const CALL_PATIENCE_MS = 2 * CALL_MS + 20_000
/** So long the node keeps an answer of DNS. */
const KEPT_MS = 1_500
/** How long a mesh may take to be whole once the world is: a late dial, the longest pause between two, and two polls. */
const WHOLE_MS = 240_000
const QUIET_MS = 120_000
/** After so long without its record a member may be taken for one that left; an answer on its way may be older. */
const LEFT_MS = 15_000
/** Timers and packets that come and go, for each member. */
const PENDING_ROOM = 1
/** How often it is counted what there is, and with which pauses, so that polls do not fall on each of them. */
const SAMPLES = 10
const SAMPLE_EVERY_MS = 377
/** After so long without a record nobody holds a link to a member any more: doubts of answers, polls, and dials of before. */
const LEAVE_MS = 90_000
/** An answer that was on its way when DNS began to fail may still come. */
const LATE_ANSWER_MS = 10_000
/** Faults with which no answer is right. */
const NEVER_RIGHT: ReadonlySet<unknown> = new Set([
  ...['servfail', 'refused', 'formerr', 'notimp', 'silence', 'garbage', 'wrongId', 'foreignName', 'loop', 'hugeCounts'],
])

/** How much there is of what could grow. */
interface Sizes {
  readonly pending: number
  readonly processes: ReadonlyMap<Cluster, number>
  readonly monitors: ReadonlyMap<Cluster, number>
  readonly watchers: ReadonlyMap<Cluster, number>
  readonly sockets: readonly number[]
}

/** One member of a story: its seat stays, whoever sits there. */
interface Seat {
  readonly index: number
  cluster: Cluster
  box: Mailbox
  traffic: Traffic
  isUp: boolean
  /** How many scenes hold or slow it. */
  hindrances: number
  isRegistered: boolean
  /** When its record was in DNS last; undefined while it is. */
  goneAt: number | undefined
  lastGoneAt: number
}

/** Plays a story and holds it against the rules. */
export async function play(story: Story): Promise<Played> {
  const run = new Run(story)
  await run.play()
  return run.played
}

class Run {
  readonly #story: Story
  readonly #sim: Simulation
  readonly #broken: Broken[] = []
  readonly #seats: Seat[] = []
  readonly #seatOf = new Map<string, Seat>()
  /** Until when a link may be lost. */
  #excusedUntil = 0
  #costs = 0
  /** Whether DNS says that there is nobody. */
  #dnsSaysNobody = false
  /** Until when what was lost on the way may still come late. */
  #lateUntil = 0
  #isDnsFailing = false
  /** Since when no answer of DNS is right; undefined while one may be. */
  #wrongSince: number | undefined
  /** Processes and names come and go no more. */
  #isSettling = false
  #isQuiet = false
  #isOver = false

  constructor(story: Story) {
    this.#story = story
    this.#sim = simulate({ seed: story.seed })
  }

  get played(): Played {
    const sim = this.#sim
    return { broken: this.#broken, digest: sim.digest, report: () => sim.report(), elapsedMs: sim.now }
  }

  async play(): Promise<void> {
    const onRejection = (error: unknown): void => this.#break('unhandled rejection', String(error))
    const onWarning = (warning: Error): void => this.#break('no process warning', String(warning))
    process.on('unhandledRejection', onRejection)
    process.on('warning', onWarning)
    try {
      await this.#play()
    } catch (error) {
      this.#break('exception', error instanceof Error ? (error.stack ?? error.message) : String(error))
    } finally {
      this.#isOver = true
      await this.#sim.close().catch((error: unknown) => this.#break('close', String(error)))
      process.off('unhandledRejection', onRejection)
      process.off('warning', onWarning)
    }
  }

  async #play(): Promise<void> {
    const sim = this.#sim
    const { members, netTickTimeMs, scenes, strangers = 0 } = this.#story
    for (let number = 0; number < strangers; number++) {
      sim.dns.add({
        type: 'SRV',
        name: SERVICE,
        target: `stranger-${number}.elsewhere.test`,
        port: 4_370,
        ttlSeconds: 5,
      })
    }
    const clusters = await sim.members(SERVICE, members, (options) => this.#member(options))
    for (const [index, cluster] of clusters.entries()) this.#sit(index, cluster)
    for (const { cluster, traffic } of this.#seats) for (const node of cluster.members()) traffic.up(node)
    if (!(await this.#whole(60_000))) return
    // What set-up leaves behind for a moment is over then.
    await sim.run(70_000)
    const before = await this.#sizes()
    for (const seat of this.#seats) seat.traffic.start()

    const steps = scenes
      .flatMap((scene) => {
        const end = { atMs: scene.atMs + scene.forMs, do: async () => undo?.() }
        let undo: (() => Promise<void> | void) | undefined
        const begin = async (): Promise<void> => {
          undo = await this.#begin(scene)
        }
        return [{ atMs: scene.atMs, do: begin }, end]
      })
      .sort((a, b) => a.atMs - b.atMs)
    const begun = sim.now
    for (const step of steps) {
      const wait = begun + step.atMs - sim.now
      if (wait > 0) await sim.run(wait)
      await step.do()
    }

    this.#isSettling = true
    if (!(await this.#whole(WHOLE_MS + 3 * netTickTimeMs))) return
    // What was lost late may be lost still; then nothing more may happen.
    await sim.run(Math.max(0, this.#excusedUntil - sim.now, this.#lateUntil - sim.now))
    if (!(await this.#whole(WHOLE_MS))) return
    this.#isQuiet = true
    await sim.run(QUIET_MS)
    this.#isOver = true
    await sim.run(CALL_PATIENCE_MS)
    for (const { traffic, cluster } of this.#seats) {
      for (const what of traffic.unended) this.#break('no promise without an end', `${what} never ended`)
      for (const who of traffic.deaf())
        this.#break('who watches hears of the end', `${cluster.self} did not hear of ${who}`)
    }
    this.#compare(before, await this.#sizes())
  }

  async #member(options: MemberOptions): Promise<Cluster> {
    const { netTickTimeMs, plainDns, pollingMs, visible } = this.#story
    const { world } = options
    const cluster = await start({
      ...options,
      hidden: !visible,
      netTickTimeMs,
      pollingInterval: pollingMs,
      limits: { busyBytes: BUSY_BYTES },
      ...(plainDns === true && { dns: dnsClient({ servers: [options.dns], world }) }),
    })
    cluster.on((event) => this.#heard(cluster, event))
    return cluster
  }

  /** A member that has started takes its seat. */
  #sit(index: number, cluster: Cluster): void {
    const { node } = cluster
    // Others link to it, and must not take it along when their link is lost.
    const box = node.mailbox({ trapExit: true })
    node.pg().join(atom(GROUP), box)
    if (this.#story.visible) this.#end('register', node.global.register(atom(`seat-${index}`), box.pid))
    const others = () => this.#seats.filter((each) => each.isRegistered && each.cluster !== cluster)
    const traffic = new Traffic({
      sim: this.#sim,
      cluster,
      box,
      visible: this.#story.visible,
      number: index,
      isUp: () => this.#seats[index]!.cluster === cluster && this.#seats[index]!.isUp,
      isOver: () => this.#isOver,
      isSettling: () => this.#isSettling,
      isQuiet: () => this.#isQuiet,
      others: () => (this.#seats[index]!.isRegistered ? others().map((each) => each.cluster.self) : []),
      processOf: (name) => this.#seatOf.get(name)?.box.pid,
      broken: (rule, how) => this.#break(rule, how),
    })
    const seat = {
      index,
      cluster,
      box,
      traffic,
      isUp: true,
      hindrances: 0,
      isRegistered: true,
      goneAt: undefined,
      lastGoneAt: -LEFT_MS,
    }
    this.#seats[index] = Object.assign(this.#seats[index] ?? seat, seat)
    this.#seatOf.set(cluster.self, this.#seats[index])
  }

  #end(what: string, promise: Promise<unknown>): void {
    promise.catch((error: unknown) => {
      if (!this.#isOver && this.#isQuiet) this.#break(what, String(error))
    })
  }

  /** Begins a scene; gives what ends it. */
  async #begin(scene: Scene): Promise<(() => Promise<void> | void) | undefined> {
    const sim = this.#sim
    const cost = costMs(scene, this.#story)
    if (cost !== undefined) this.#costs++
    const over = (): void => {
      this.#lateUntil = Math.max(this.#lateUntil, sim.now + 2 * Math.min(scene.forMs, 120_000) + CALL_PATIENCE_MS)
      if (cost === undefined) return
      this.#costs--
      this.#excusedUntil = Math.max(this.#excusedUntil, sim.now + cost)
    }
    const undo = await this.#act(scene)
    return async () => {
      await undo?.()
      over()
    }
  }

  async #act(scene: Scene): Promise<(() => Promise<void> | void) | undefined> {
    const sim = this.#sim
    const seat = 'who' in scene ? this.#seats[scene.who % this.#seats.length]! : this.#seats[0]!
    const { cluster } = seat
    if ('who' in scene && !seat.isUp) return undefined
    switch (scene.do) {
      case 'partition': {
        const side = new Set(scene.side)
        const [one, other] = [true, false].map((isIn) =>
          this.#seats.filter(({ index }) => side.has(index) === isIn).map((each) => each.cluster),
        )
        const cut = sim.partition(one!, other!, { oneWay: scene.oneWay })
        return cut
      }
      case 'crash':
        seat.isUp = false
        sim.crash(cluster, { silent: scene.silent })
        return () => this.#again(seat, scene.port)
      case 'leave':
        // One that stands still cannot leave in order.
        if (seat.hindrances > 0) return undefined
        seat.isUp = false
        this.#gone(seat)
        await this.#leave(cluster)
        return () => this.#again(seat, 'same')
      case 'freeze':
        sim.freeze(cluster)
        seat.hindrances++
        return () => {
          if (seat.cluster !== cluster || !seat.isUp) return
          seat.hindrances--
          sim.thaw(cluster)
        }
      case 'slow':
        sim.slow(cluster, scene.turnMs)
        seat.hindrances++
        return () => {
          // The machine was slow, whoever runs there now.
          sim.slow(seat.cluster, 0)
          if (seat.cluster === cluster) seat.hindrances--
        }
      case 'jump':
        sim.jumpClock(cluster, scene.ms)
        return undefined
      case 'deregister':
        if (!seat.isRegistered) return undefined
        this.#gone(seat)
        sim.deregister(cluster)
        return () => {
          if (scene.forMs > LEAVE_MS && isAlone(scene, this.#story)) this.#hasLeft(seat)
          if (!seat.isUp || seat.cluster !== cluster || seat.isRegistered) return
          sim.register(cluster)
          this.#back(seat)
        }
      case 'dns':
        sim.dns.fail(scene.fault)
        this.#isDnsFailing = true
        this.#wrongSince = NEVER_RIGHT.has(scene.fault) ? sim.now : undefined
        this.#dnsSaysNobody = scene.fault === 'nodata' || scene.fault === 'nxdomain'
        return () => {
          sim.dns.heal()
          this.#isDnsFailing = false
          this.#wrongSince = undefined
          this.#dnsSaysNobody = false
        }
      case 'path':
        sim.path(scene.path)
        return () => sim.path({ latencyMs: 0.5, jitterMs: 0.2, loss: 0, bytesPerSecond: Number.POSITIVE_INFINITY })
      case 'disconnect': {
        const peer = this.#seats[scene.peer % this.#seats.length]!.cluster.self
        if (peer !== cluster.self) this.#end('disconnect', cluster.node.disconnect(peer))
        return undefined
      }
      case 'name':
        if (this.#story.visible && cluster.state === 'running') {
          this.#end('name', cluster.node.global.reregister(atom(scene.key), seat.box.pid))
        }
        return undefined
    }
  }

  /** A peer that does not take what is in hand for it may cost a drain its time, and nothing else may. */
  async #leave(cluster: Cluster): Promise<void> {
    try {
      await this.#sim.leave(cluster)
    } catch (error) {
      const isDisturbed = this.#costs > 1 || this.#sim.now <= this.#excusedUntil
      if (!isDisturbed || !isNodeError(error) || error.code !== 'NODE_TIMEOUT') throw error
    }
  }

  async #again(seat: Seat, port: 'new' | 'same'): Promise<void> {
    const cluster = await this.#sim.restart(seat.cluster, port === 'new' ? { port } : {})
    const { lastGoneAt } = seat
    this.#sit(seat.index, cluster)
    seat.lastGoneAt = Math.max(lastGoneAt, seat.lastGoneAt, this.#sim.now)
    for (const node of cluster.members()) seat.traffic.up(node)
    seat.traffic.start()
    this.#end('find', this.#find(seat))
  }

  /** Who has come back, and is in DNS, is found by its name at once, also by those who knew it elsewhere. */
  async #find(seat: Seat): Promise<void> {
    const { cluster } = seat
    const isCalm = () => this.#costs === 0 && !this.#isDnsFailing && seat.cluster === cluster && seat.isUp
    await this.#sim.sleep(KEPT_MS)
    const other = this.#seats.find((each) => each !== seat && each.isUp && each.isRegistered && each.hindrances === 0)
    if (other === undefined || !isCalm()) return
    const { node } = other.cluster
    await node.connect(cluster.self).catch((error: unknown) => {
      if (!isCalm() || !other.isUp || other.cluster.node !== node) return
      this.#break('who is there is found by name', `${node.self} to ${cluster.self}: ${String(error)}`)
    })
  }

  #gone(seat: Seat): void {
    seat.isRegistered = false
    seat.goneAt = this.#sim.now
  }

  #back(seat: Seat): void {
    seat.isRegistered = true
    seat.goneAt = undefined
    seat.lastGoneAt = this.#sim.now
  }

  /** Whose record has been gone for long: nobody holds a link to it. */
  #hasLeft({ cluster: { self } }: Seat): void {
    for (const { cluster, isUp } of this.#seats) {
      if (!isUp || cluster.self === self || !cluster.members().some((node) => node === self)) continue
      this.#break('who left is left alone', `${cluster.self} has a link to ${self}, which has no record`)
    }
  }

  #heard(cluster: Cluster, event: ClusterEvent): void {
    const sim = this.#sim
    if (this.#isOver && !this.#isQuiet) return
    const mayHaveLeft = (seat: Seat | undefined): boolean =>
      seat !== undefined && (!seat.isRegistered || sim.now - seat.lastGoneAt < LEFT_MS + this.#story.pollingMs * 3)
    switch (event.type) {
      case 'nodeup':
        this.#trafficOf(cluster)?.up(event.node)
        return
      case 'polled':
        if (event.stale || this.#wrongSince === undefined || sim.now - this.#wrongSince < LATE_ANSWER_MS) return
        this.#break('no wrong answer is believed', `${cluster.self} believes an answer that was wrong`)
        return
      case 'nodedown':
        this.#trafficOf(cluster)?.down(event.node)
        if (this.#mayLose(cluster)) return
        this.#break(
          'no link is lost by our own act',
          `${cluster.self} lost ${event.node}: ${event.reason.code} ${event.reason.message}`,
        )
        return
      case 'left':
        if (mayHaveLeft(this.#seatOf.get(event.node))) return
        // That there is nobody is believed soon of those to whom there is no link.
        if (this.#dnsSaysNobody && !event.connected) return
        this.#break('no false left', `${cluster.self} says that ${event.node} left`)
        return
      case 'deregistered':
        if (mayHaveLeft(this.#seatOf.get(cluster.self))) return
        this.#break('no false deregistered', `${cluster.self} says that it was deregistered`)
        return
      case 'partFailed':
        this.#break('no part fails', `${cluster.self}: ${event.part}: ${String(event.cause)}`)
        return
      case 'warning':
        // What is sent to a peer that cannot be reached is dropped.
        if (event.code === 'MESSAGE_DROPPED' && this.#mayLose(cluster)) return
        if (event.code === 'HANDLER_THREW' || event.code === 'UNKNOWN_SIGNAL' || event.code === 'MESSAGE_DROPPED') {
          this.#break('no warning of the node', `${cluster.self}: ${event.code} ${event.message}`)
        }
    }
  }

  #trafficOf(cluster: Cluster): Traffic | undefined {
    const seat = this.#seatOf.get(cluster.self)
    return seat?.cluster === cluster ? seat.traffic : undefined
  }

  /** Whether a link of a member may be lost now. */
  #mayLose(cluster: Cluster): boolean {
    const { now } = this.#sim
    return this.#isOver || this.#costs > 0 || now <= this.#excusedUntil || cluster.state !== 'running'
  }

  /** Waits until every member has all links, names and groups. */
  async #whole(withinMs: number): Promise<boolean> {
    const sim = this.#sim
    const end = sim.now + withinMs
    let missing = this.#missing()
    while (missing.length > 0 && sim.now < end) {
      await sim.run(500)
      missing = this.#missing()
    }
    for (const { rule, how } of missing) this.#break(rule, how)
    return missing.length === 0
  }

  #missing(): Broken[] {
    const { visible } = this.#story
    const names = this.#seats.map(({ index }) => `seat-${index}`)
    return this.#seats.flatMap(({ cluster }) => {
      const links = new Set<string>(cluster.members())
      const lacks = this.#seats
        .map((seat) => seat.cluster.self)
        .filter((self) => self !== cluster.self && !links.has(self))
      const broken: Broken[] = []
      if (lacks.length > 0) {
        broken.push({ rule: 'a full mesh within a bound', how: `${cluster.self} has no link to ${lacks.join(', ')}` })
      }
      const group = cluster.node.pg().members(atom(GROUP)).length
      if (group !== names.length) {
        broken.push({
          rule: 'every group on every node',
          how: `${cluster.self} sees ${group} of ${names.length} members`,
        })
      }
      const passing = cluster.node.pg().members(atom(PASSING))
      if (this.#isSettling && passing.length > 0) {
        broken.push({ rule: 'who ends leaves its groups', how: `${cluster.self} sees ${passing.join(', ')}` })
      }
      if (!visible) return broken
      const seen = new Set(cluster.node.global.names().map(String))
      const unseen = names.filter((name) => !seen.has(name))
      const strange = names.filter((name, index) => {
        const pid = cluster.node.global.whereis(atom(name))
        return (
          pid !== undefined &&
          String(pid) !== String(this.#seats[index]!.box.pid) &&
          pid.node.name !== this.#seats[index]!.cluster.self
        )
      })
      if (unseen.length > 0) {
        broken.push({ rule: 'every global name on every node', how: `${cluster.self} lacks ${unseen.join(', ')}` })
      }
      if (strange.length > 0) {
        broken.push({ rule: 'every global name leads to its holder', how: `${cluster.self}: ${strange.join(', ')}` })
      }
      const keys = ['lock', 'leader'].map((key) => String(cluster.node.global.whereis(atom(key))?.node.name))
      const first = this.#seats[0]!.cluster.node.global
      const theirs = ['lock', 'leader'].map((key) => String(first.whereis(atom(key))?.node.name))
      if (keys.join() !== theirs.join()) {
        broken.push({
          rule: 'every global name is of one holder',
          how: `${cluster.self} has ${keys.join()}, ${this.#seats[0]!.cluster.self} has ${theirs.join()}`,
        })
      }
      return broken
    })
  }

  /** The least of several moments, since polls and calls come and go. */
  async #sizes(): Promise<Sizes> {
    const samples: Sizes[] = []
    for (let sample = 0; sample < SAMPLES; sample++) {
      await this.#sim.run(SAMPLE_EVERY_MS)
      samples.push(this.#sizesNow())
    }
    const [first] = samples
    const leastOf = (of: (sizes: Sizes) => number | undefined) => Math.min(...samples.map((each) => of(each) ?? 0))
    const least = (kind: 'processes' | 'monitors' | 'watchers') =>
      new Map([...first![kind].keys()].map((cluster) => [cluster, leastOf((each) => each[kind].get(cluster))]))
    return {
      pending: leastOf(({ pending }) => pending),
      processes: least('processes'),
      monitors: least('monitors'),
      watchers: least('watchers'),
      sockets: this.#seats.map((_, index) => leastOf(({ sockets }) => sockets[index])),
    }
  }

  #sizesNow(): Sizes {
    const inspected = this.#seats.map(
      ({ cluster }) => [cluster, cluster.node.inspect({ maxProcesses: 10_000 })] as const,
    )
    const byCluster = (count: (snapshot: NodeSnapshot) => number) =>
      new Map(inspected.map(([cluster, snapshot]) => [cluster, count(snapshot)]))
    // Every node watches who has a name.
    const watchersOfNames = ({ self, global: names }: NodeSnapshot): number => {
      if (names.length === 0) return 0
      const { global } = this.#seatOf.get(self)!.cluster.node
      return global.names().filter((name) => global.whereis(name)?.node.name === self).length * this.#seats.length
    }
    return {
      pending: this.#sim.pending,
      processes: byCluster(({ processCount }) => processCount),
      monitors: byCluster(({ monitors, global: names }) => monitors - names.length),
      watchers: byCluster(
        (snapshot) => snapshot.processes.reduce((sum, { watchers }) => sum + watchers, 0) - watchersOfNames(snapshot),
      ),
      sockets: this.#seats.map(({ cluster }) => this.#sim.sockets(cluster)),
    }
  }

  #compare(before: Sizes, after: Sizes): void {
    const rule = 'nothing grows'
    const links = this.#seats.length - 1
    for (const [index, count] of after.sockets.entries()) {
      // One listens; questions to DNS may be under way.
      if (count > links + 4) this.#break(rule, `seat ${index} has ${count} sockets for ${links} links`)
    }
    this.#sim.note(`${after.pending} timers and packets are under way, ${before.pending} at first`)
    if (after.pending > before.pending + PENDING_ROOM * this.#seats.length) {
      this.#break(rule, `${after.pending} timers and packets are under way, ${before.pending} at first`)
    }
    for (const kind of ['processes', 'monitors', 'watchers'] as const) {
      for (const [cluster, count] of after[kind]) {
        const first = before[kind].get(cluster)
        if (first !== undefined && count > first + 2) {
          this.#break(rule, `${cluster.self} has ${count} ${kind}, ${first} at first`)
        }
      }
    }
  }

  #break(rule: string, how: string): void {
    this.#broken.push({ rule, how: `${Math.round(this.#sim.now)} ms: ${how}` })
    this.#sim.note(`BROKEN: ${rule}: ${how.split('\n')[0]}`)
  }
}
