import { atom } from '@dynsrv/etf'
import type { Mailbox } from '@dynsrv/node'
import { type MemberOptions, type Simulation, simulate } from '@dynsrv/testing'
import { type Cluster, type ClusterEvent, start } from 'dynsrv'
import { costMs, type Scene, type Story } from './story.ts'

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
const CALL_EVERY_MS = 2_000
/** A call ends by its own time limit. */
const CALL_PATIENCE_MS = 2 * CALL_MS
/** How long a mesh may take to be whole once the world is: a late dial, the longest pause between two, and two polls. */
const WHOLE_MS = 240_000
const QUIET_MS = 120_000
/** After so long without its record a member may be taken for one that left; an answer on its way may be older. */
const LEFT_MS = 15_000
/** Timers and packets that come and go, for each member. */
const PENDING_ROOM = 1

/** How much there is of what could grow. */
interface Sizes {
  readonly pending: number
  readonly processes: ReadonlyMap<Cluster, number>
  readonly monitors: ReadonlyMap<Cluster, number>
  readonly sockets: readonly number[]
}

/** One member of a story: its seat stays, whoever sits there. */
interface Seat {
  readonly index: number
  cluster: Cluster
  box: Mailbox
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
  /** Calls that have not ended, with when they began. */
  readonly #calls = new Map<symbol, { readonly begun: number; readonly caller: Cluster }>()
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
    const { members, netTickTimeMs, scenes } = this.#story
    const clusters = await sim.members(SERVICE, members, (options) => this.#member(options))
    for (const [index, cluster] of clusters.entries()) this.#sit(index, cluster)
    if (!(await this.#whole(60_000))) return
    // What set-up leaves behind for a moment is over then.
    await sim.run(70_000)
    const before = this.#sizes()
    for (const seat of this.#seats) this.#callOthers(seat, seat.cluster)

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

    if (!(await this.#whole(WHOLE_MS + 3 * netTickTimeMs))) return
    // What was lost late may be lost still; then nothing more may happen.
    await sim.run(Math.max(0, this.#excusedUntil - sim.now, this.#lateUntil - sim.now))
    if (!(await this.#whole(WHOLE_MS))) return
    this.#isQuiet = true
    await sim.run(QUIET_MS)
    this.#isOver = true
    await sim.run(CALL_PATIENCE_MS)
    for (const { begun: since, caller } of this.#calls.values()) {
      if (this.#seats.some(({ cluster }) => cluster === caller)) {
        this.#break('no promise without an end', `a call of ${caller.self} at ${since} ms never ended`)
      }
    }
    this.#compare(before, this.#sizes())
  }

  async #member(options: MemberOptions): Promise<Cluster> {
    const { netTickTimeMs, pollingMs, visible } = this.#story
    const cluster = await start({ ...options, hidden: !visible, netTickTimeMs, pollingInterval: pollingMs })
    cluster.on((event) => this.#heard(cluster, event))
    return cluster
  }

  /** A member that has started takes its seat. */
  #sit(index: number, cluster: Cluster): void {
    const { node } = cluster
    const box = node.mailbox()
    node.serve({ name: 'echo', call: (request) => request })
    node.pg().join(atom(GROUP), box)
    if (this.#story.visible) this.#end('register', node.global.register(atom(`seat-${index}`), box.pid))
    const seat = {
      index,
      cluster,
      box,
      isUp: true,
      hindrances: 0,
      isRegistered: true,
      goneAt: undefined,
      lastGoneAt: -LEFT_MS,
    }
    this.#seats[index] = Object.assign(this.#seats[index] ?? seat, seat)
    this.#seatOf.set(cluster.self, this.#seats[index])
  }

  /** Calls the others, one after another, and looks at what comes back. */
  #callOthers(seat: Seat, cluster: Cluster): void {
    const sim = this.#sim
    const go = async (): Promise<void> => {
      for (let number = 0; !this.#isOver && seat.cluster === cluster && seat.isUp; number++) {
        await this.#pause(CALL_EVERY_MS)
        const peers = cluster.members()
        if (peers.length === 0 || !seat.isUp || cluster.state !== 'running') continue
        const peer = peers[number % peers.length]!
        const key = Symbol()
        this.#calls.set(key, { begun: sim.now, caller: cluster })
        try {
          const answer = await cluster.node.call({ name: 'echo', node: peer }, number, { timeoutMs: CALL_MS })
          if (answer !== number) this.#break('answers are right', `${cluster.self} got ${String(answer)} from ${peer}`)
        } catch (error) {
          if (this.#isQuiet) this.#break('calls work when all is well', `${cluster.self} to ${peer}: ${String(error)}`)
        } finally {
          this.#calls.delete(key)
        }
      }
    }
    this.#end('calls', go())
  }

  #pause(ms: number): Promise<void> {
    return this.#sim.sleep(ms)
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
        await sim.leave(cluster)
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
          if (!seat.isUp || seat.cluster !== cluster || seat.isRegistered) return
          sim.register(cluster)
          this.#back(seat)
        }
      case 'dns':
        sim.dns.fail(scene.fault)
        this.#dnsSaysNobody = scene.fault === 'nodata' || scene.fault === 'nxdomain'
        return () => {
          sim.dns.heal()
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

  async #again(seat: Seat, port: 'new' | 'same'): Promise<void> {
    const cluster = await this.#sim.restart(seat.cluster, port === 'new' ? { port } : {})
    const { lastGoneAt } = seat
    this.#sit(seat.index, cluster)
    seat.lastGoneAt = Math.max(lastGoneAt, seat.lastGoneAt, this.#sim.now)
    this.#callOthers(seat, cluster)
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

  #heard(cluster: Cluster, event: ClusterEvent): void {
    const sim = this.#sim
    if (this.#isOver && !this.#isQuiet) return
    const mayHaveLeft = (seat: Seat | undefined): boolean =>
      seat !== undefined && (!seat.isRegistered || sim.now - seat.lastGoneAt < LEFT_MS + this.#story.pollingMs * 3)
    switch (event.type) {
      case 'nodedown':
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

  #sizes(): Sizes {
    const inspected = this.#seats.map(({ cluster }) => [cluster, cluster.node.inspect({ maxProcesses: 0 })] as const)
    return {
      pending: this.#sim.pending,
      processes: new Map(inspected.map(([cluster, { processCount }]) => [cluster, processCount])),
      monitors: new Map(inspected.map(([cluster, { monitors }]) => [cluster, monitors])),
      sockets: this.#seats.map(({ cluster }) => this.#sim.connections(cluster)),
    }
  }

  #compare(before: Sizes, after: Sizes): void {
    const rule = 'nothing grows'
    const links = this.#seats.length - 1
    for (const [index, count] of after.sockets.entries()) {
      // A question to DNS may be under way.
      if (count > links + 3) this.#break(rule, `seat ${index} has ${count} sockets for ${links} links`)
    }
    this.#sim.note(`${after.pending} timers and packets are under way, ${before.pending} at first`)
    if (after.pending > before.pending + PENDING_ROOM * this.#seats.length) {
      this.#break(rule, `${after.pending} timers and packets are under way, ${before.pending} at first`)
    }
    for (const kind of ['processes', 'monitors'] as const) {
      for (const [cluster, count] of after[kind]) {
        const first = before[kind].get(cluster)
        if (first !== undefined && count > first + 3) {
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
