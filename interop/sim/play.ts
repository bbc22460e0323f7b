import { atom, inspect } from '@dynsrv/etf'
import { isNodeError, type Mailbox } from '@dynsrv/node'
import { dnsClient, type ZoneFault } from '@dynsrv/srv-resolver'
import { backoff, every, jittered } from '@dynsrv/strategy'
import { type MemberOptions, type Simulation, simulate } from '@dynsrv/testing'
import { type Cluster, type ClusterEvent, start } from 'dynsrv'
import type { Seat } from './seat.ts'
import { Growth } from './sizes.ts'
import { type Broken, costMs, isAlone, type Scene, type Story, touching } from './story.ts'
import { BUSY_BYTES, Traffic } from './traffic.ts'
import { GROUP, missing } from './wholeness.ts'

/** What a run was: what it broke, and all that happened. */
export interface Played {
  readonly broken: readonly Broken[]
  readonly digest: string
  readonly report: () => string
  /** Virtual time. Unit: milliseconds. */
  readonly elapsedMs: number
}

const SERVICE = 'svc.test'
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
/** After so long without a record nobody holds a link to a member any more: doubts of answers, polls, and dials of before. */
const LEAVE_MS = 90_000
/** An answer that was on its way when DNS began to fail may still come. */
const LATE_ANSWER_MS = 10_000
/** How long DNS is silent for a member that has come back. */
const DEAF_MS = 20_000
/** The longest pause between two polls where it grows while they fail. */
const MAX_PAUSE_MS = 30_000
/** So long at most until the next poll: the longest pause, the time for an answer, and those that confirm it. */
const POLL_PATIENCE_MS = MAX_PAUSE_MS + 45_000
/** Beside two tick times, so long until a lost link is told to others, and they act. */
const OVERLAP_MS = 20_000
/** A reset comes so soon after the close that it answers to. */
const RESET_MS = 1_000
/** Faults with which no answer is right. */
const NEVER_RIGHT: ReadonlySet<unknown> = new Set([
  ...['servfail', 'refused', 'formerr', 'notimp', 'silence', 'garbage', 'wrongId', 'foreignName', 'loop', 'hugeCounts'],
])

/** Plays a story and holds it against the rules. */
export async function play(story: Story): Promise<Played> {
  const run = new Run(story)
  await run.play()
  return run.played
}

/** Links may be lost while a scene goes on, and for a while after it. */
interface Excuse {
  /** Whether the scene is about the link between these seats. */
  readonly touches: (one: number, other: number) => boolean
  /** Unit: milliseconds. */
  until: number
}

class Run {
  readonly #story: Story
  readonly #sim: Simulation
  readonly #broken: Broken[] = []
  readonly #seats: Seat[] = []
  readonly #seatOf = new Map<string, Seat>()
  /** When a member dropped a peer last, so that no parts overlap: by both their names. */
  readonly #droppedAt = new Map<string, number>()
  /** Why links may be lost now. */
  readonly #excuses: Excuse[] = []
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
    const { cutTo, members, netTickTimeMs, scenes, strangers = 0 } = this.#story
    for (let number = 0; number < strangers; number++) {
      sim.dns.add({
        type: 'SRV',
        name: SERVICE,
        target: `stranger-${number}.elsewhere.test`,
        port: 4_370,
        ttlSeconds: 5,
      })
    }
    if (cutTo !== undefined) this.#failDns()
    const clusters = await sim.members(SERVICE, members, (options) => this.#member(options))
    for (const [index, cluster] of clusters.entries()) this.#sit(index, cluster)
    for (const { cluster, traffic } of this.#seats) for (const node of cluster.members()) traffic.up(node)
    if (!(await this.#whole(60_000))) return
    // What set-up leaves behind for a moment is over then.
    await sim.run(70_000)
    const growth = new Growth({ sim, seats: this.#seats, broken: (rule, how) => this.#break(rule, how) })
    const before = await growth.measure()
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
    await sim.run(Math.max(0, ...this.#excuses.map(({ until }) => until - sim.now), this.#lateUntil - sim.now))
    if (!(await this.#whole(WHOLE_MS))) return
    this.#isQuiet = true
    await sim.run(QUIET_MS)
    this.#isOver = true
    await sim.run(CALL_PATIENCE_MS)
    for (const seat of this.#seats) {
      const { traffic, cluster } = seat
      this.#pollsGoOn(seat)
      for (const what of traffic.unended) this.#break('no promise without an end', `${what} never ended`)
      for (const who of traffic.deaf())
        this.#break('who watches hears of the end', `${cluster.self} did not hear of ${who}`)
    }
    growth.compare(before, await growth.measure())
  }

  async #member(options: MemberOptions): Promise<Cluster> {
    const { backsOff, netTickTimeMs, plainDns, pollingMs, visible } = this.#story
    const { world } = options
    const cluster = await start({
      ...options,
      hidden: !visible,
      netTickTimeMs,
      ...(backsOff === true
        ? { interval: jittered(backoff(every(pollingMs), MAX_PAUSE_MS)) }
        : { pollingInterval: pollingMs }),
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
      hinderedAt: () => (this.#seats[index]!.hindrances > 0 ? this.#sim.now : this.#seats[index]!.hinderedAt),
      // One whom the others cannot find must not be brought in by one: they drop links so that no parts overlap.
      others: () => (this.#seats[index]!.isRegistered && this.#canAllFind() ? others().map(nameOf) : []),
      processOf: (name) => this.#seatOf.get(name)?.box.pid,
      broken: (rule, how) => this.#break(rule, how),
    })
    const seat = {
      index,
      cluster,
      box,
      holder: this.#holder(cluster),
      traffic,
      isUp: true,
      hindrances: 0,
      hinderedAt: 0,
      deafened: this.#seats[index]?.deafened ?? 0,
      lostAt: 0,
      polledAt: this.#sim.now,
      isRegistered: true,
      goneAt: undefined,
      lastGoneAt: -LEFT_MS,
    }
    this.#seats[index] = Object.assign(this.#seats[index] ?? seat, seat)
    this.#seatOf.set(cluster.self, this.#seats[index])
  }

  /** Has the names that are taken, and is nothing else: of two in parts that meet `global` kills one, as in OTP. */
  #holder({ node, self }: Cluster): Mailbox {
    const holder = node.mailbox()
    this.#end(
      'holder',
      holder.ended.then((reason) => {
        if (!this.#isOver) this.#sim.note(`what has the names of ${self} ended: ${inspect(reason)}`)
      }),
    )
    return holder
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
    const excuse: Excuse = { touches: touching(scene, this.#seats.length), until: Number.POSITIVE_INFINITY }
    if (cost !== undefined) this.#excuses.push(excuse)
    const over = (): void => {
      // TCP sends again at the latest when as much time has passed as it could not.
      this.#lateUntil = Math.max(this.#lateUntil, sim.now + Math.min(scene.forMs, 120_000) + CALL_PATIENCE_MS)
      if (cost !== undefined) excuse.until = sim.now + cost
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
        const [one, other] = this.#sides(scene)
        const mend = sim.partition(clustersOf(one), clustersOf(other), { oneWay: scene.oneWay })
        const check = this.#overlap(scene, one, other)
        return () => {
          mend()
          check?.()
        }
      }
      case 'flap': {
        const [one, other] = this.#sides(scene)
        let isOver = false
        let mend: (() => void) | undefined
        const flap = async (): Promise<void> => {
          while (!isOver) {
            if (mend === undefined) mend = sim.partition(clustersOf(one), clustersOf(other))
            else {
              mend()
              mend = undefined
            }
            await sim.sleep(scene.everyMs)
          }
        }
        this.#end('flap', flap())
        return () => {
          isOver = true
          mend?.()
        }
      }
      case 'crash':
        seat.isUp = false
        sim.crash(cluster, { silent: scene.silent })
        return () => this.#again(seat, scene)
      case 'leave':
        // One that stands still cannot leave in order.
        if (seat.hindrances > 0) return undefined
        seat.isUp = false
        this.#gone(seat)
        await this.#leave(cluster)
        return () => this.#again(seat, { port: 'same' })
      case 'freeze':
        sim.freeze(cluster)
        this.#hinder(seat)
        return () => {
          if (seat.cluster !== cluster || !seat.isUp) return
          seat.hindrances--
          seat.hinderedAt = sim.now
          sim.thaw(cluster)
        }
      case 'slow':
        sim.slow(cluster, scene.turnMs)
        this.#hinder(seat)
        return () => {
          // The machine was slow, whoever runs there now.
          sim.slow(seat.cluster, 0)
          if (seat.cluster !== cluster) return
          seat.hindrances--
          seat.hinderedAt = sim.now
        }
      case 'jump':
        sim.jumpClock(cluster, scene.ms)
        return undefined
      case 'deregister':
        if (!seat.isRegistered) return undefined
        this.#gone(seat)
        if (scene.deafMs !== undefined) this.#end('deaf', sim.sleep(scene.deafMs).then(this.#deaf(seat)))
        sim.deregister(cluster)
        return () => {
          if (scene.forMs > LEAVE_MS && isAlone(scene, this.#story)) this.#hasLeft(seat)
          if (!seat.isUp || seat.cluster !== cluster || seat.isRegistered) return
          sim.register(cluster)
          this.#back(seat)
        }
      case 'deaf':
        return this.#deaf(seat)
      case 'dns':
        this.#failDns(scene.fault)
        this.#isDnsFailing = true
        this.#wrongSince = NEVER_RIGHT.has(scene.fault) ? sim.now : undefined
        this.#dnsSaysNobody = scene.fault === 'nodata' || scene.fault === 'nxdomain'
        return () => {
          this.#failDns()
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
          if (!seat.holder.alive) seat.holder = this.#holder(cluster)
          sim.note(`${cluster.self} takes the name ${scene.key}`)
          this.#end('name', cluster.node.global.reregister(atom(scene.key), seat.holder.pid))
        }
        return undefined
    }
  }

  /** A peer that does not take what is in hand for it may cost a drain its time, and nothing else may. */
  async #leave(cluster: Cluster): Promise<void> {
    try {
      await this.#sim.leave(cluster)
    } catch (error) {
      const isDisturbed = this.#excuses.filter(({ until }) => this.#sim.now <= until).length > 1
      if (!isDisturbed || !isNodeError(error) || error.code !== 'NODE_TIMEOUT') throw error
    }
  }

  /** The members on both sides of a cut. */
  #sides({ side, other }: { readonly side: readonly number[]; readonly other?: readonly number[] }): [Seat[], Seat[]] {
    const one = this.#seats.filter(({ index }) => side.includes(index))
    const isOther = ({ index }: Seat) => other?.includes(index) ?? true
    return [one, this.#seats.filter((seat) => !one.includes(seat) && isOther(seat))]
  }

  /** DNS answers so from now on. */
  #failDns(...faults: readonly ZoneFault[]): void {
    const { cutTo } = this.#story
    const all = cutTo === undefined ? faults : [...faults, { type: 'truncate', records: cutTo } as const]
    const [first, ...more] = all
    if (first === undefined) this.#sim.dns.heal()
    else this.#sim.dns.fail(first, ...more)
  }

  /** DNS does not answer a member. @returns what ends that */
  #deaf(seat: Seat): () => void {
    const mend = this.#sim.partition([seat.cluster], [this.#sim.dns])
    seat.deafened++
    return () => {
      seat.deafened--
      mend()
    }
  }

  /**
   * Where two members lose each other and a third one reaches both, that one drops one of them.
   *
   * @returns what looks at it when the cut ends; undefined when it need not come to that
   */
  #overlap(scene: Extract<Scene, { do: 'partition' }>, ones: Seat[], others: Seat[]): (() => void) | undefined {
    const { netTickTimeMs, visible } = this.#story
    if (!visible || scene.oneWay || scene.other === undefined || scene.forMs < 2 * netTickTimeMs + OVERLAP_MS) return
    const [one, other] = [ones[0], others[0]]
    if (one === undefined || other === undefined || !hasLink(one, other)) return
    const third = this.#seats.find((seat) => hasLink(seat, one) && hasLink(seat, other))
    if (third === undefined) return
    const begun = this.#sim.now
    const all = [one, other, third]
    const clusters = clustersOf(all)
    return () => {
      const isCalm = ({ cluster, hindrances, hinderedAt, isUp }: Seat) =>
        isUp && hindrances === 0 && hinderedAt < begun && clusters.includes(cluster)
      if (!all.every(isCalm) || third.lostAt > begun) return
      const how = `${third.cluster.self} keeps ${nameOf(one)} and ${nameOf(other)}, which have lost each other`
      this.#break('parts that overlap are kept apart', how)
    }
  }

  async #again(seat: Seat, { port, deaf = false }: Pick<Extract<Scene, { do: 'crash' }>, 'port' | 'deaf'>) {
    if (deaf) {
      const mend = this.#deaf(seat)
      this.#end('deaf', this.#sim.sleep(DEAF_MS).then(mend))
    }
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
    const isOn = ({ until }: Excuse) => until === Number.POSITIVE_INFINITY
    const isCalm = () => !this.#excuses.some(isOn) && !this.#isDnsFailing && seat.cluster === cluster && seat.isUp
    await this.#sim.sleep(KEPT_MS)
    const other = this.#seats.find(
      (each) => each !== seat && each.isUp && each.isRegistered && each.hindrances + each.deafened === 0,
    )
    if (other === undefined || !isCalm()) return
    const { node } = other.cluster
    await node.connect(cluster.self).catch((error: unknown) => {
      if (!isCalm() || !other.isUp || other.cluster.node !== node) return
      this.#break('who is there is found by name', `${node.self} to ${cluster.self}: ${String(error)}`)
    })
  }

  #hinder(seat: Seat): void {
    seat.hindrances++
    seat.hinderedAt = this.#sim.now
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
      case 'discoveryFailed':
        this.#polled(cluster)
        return
      case 'polled':
        this.#polled(cluster)
        if (event.stale || this.#wrongSince === undefined || sim.now - this.#wrongSince < LATE_ANSWER_MS) return
        this.#break('no wrong answer is believed', `${cluster.self} believes an answer that was wrong`)
        return
      case 'nodedown':
        this.#trafficOf(cluster)?.down(event.node)
        this.#lost(cluster)
        if (event.reason.code === 'NODE_PARTITION_PREVENTED') {
          this.#droppedAt.set(`${cluster.self} ${event.node}`, this.#sim.now)
        }
        if (this.#mayLose(cluster, event.node, event.reason.code)) return
        this.#break(
          'no link is lost by our own act',
          `${cluster.self} lost ${event.node}: ${event.reason.code} ${event.reason.message}`,
        )
        return
      case 'left':
        if (mayHaveLeft(this.#seatOf.get(event.node))) return
        // That there is nobody is believed soon of those to whom there is no link.
        if (this.#dnsSaysNobody && !event.connected && !isLinked(cluster, event.node)) return
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
        // What is sent to a peer that cannot be reached, or cannot be found, is dropped; nothing is where there is a link.
        if (event.code === 'MESSAGE_DROPPED' && event.peer !== undefined && !isLinked(cluster, event.peer)) {
          if (this.#isDisturbed(cluster) || this.#lacksDns(cluster)) return
        }
        if (event.code === 'HANDLER_THREW' || event.code === 'UNKNOWN_SIGNAL' || event.code === 'MESSAGE_DROPPED') {
          this.#break('no warning of the node', `${cluster.self}: ${event.code} ${event.message}`)
        }
    }
  }

  #canAllFind(): boolean {
    return !this.#isDnsFailing && this.#seats.every(({ deafened }) => deafened === 0)
  }

  #lacksDns(cluster: Cluster): boolean {
    return this.#isDnsFailing || (this.#seatAt(cluster)?.deafened ?? 0) > 0
  }

  #seatAt(cluster: Cluster): Seat | undefined {
    const seat = this.#seatOf.get(cluster.self)
    return seat?.cluster === cluster ? seat : undefined
  }

  #lost(cluster: Cluster): void {
    const seat = this.#seatAt(cluster)
    if (seat !== undefined) seat.lostAt = this.#sim.now
  }

  /** A member has asked DNS. */
  #polled(cluster: Cluster): void {
    const seat = this.#seatAt(cluster)
    if (seat === undefined) return
    this.#pollsGoOn(seat)
    seat.polledAt = this.#sim.now
  }

  /** Polls come within a time, whether or not they fail. */
  #pollsGoOn(seat: Seat): void {
    const pauseMs = this.#sim.now - seat.polledAt
    if (pauseMs < POLL_PATIENCE_MS || seat.hindrances > 0 || !seat.isUp || seat.cluster.state !== 'running') return
    if (seat.hinderedAt > seat.polledAt) return
    this.#break('polls go on', `${seat.cluster.self} asked DNS last ${Math.round(pauseMs)} ms before`)
  }

  #trafficOf(cluster: Cluster): Traffic | undefined {
    return this.#seatAt(cluster)?.traffic
  }

  /** Whether a link of a member may be lost now, with this reason. */
  #mayLose(cluster: Cluster, peer: string, code: string): boolean {
    const { now } = this.#sim
    const [one, other] = [this.#seatOf.get(cluster.self), this.#seatOf.get(peer)].map((seat) => seat?.index ?? -1)
    if (this.#excuses.some(({ touches, until }) => now <= until && touches(one!, other!))) return true
    // What others have lost, a member of a mesh drops; one that is dropped sees the link close. It sees a reset where it has sent
    // what the other one did not read any more, as TCP has it: that counts only if just this peer has just dropped this member.
    const isReset =
      code === 'NODE_CONNECTION_LOST' && now - (this.#droppedAt.get(`${peer} ${cluster.self}`) ?? -RESET_MS) < RESET_MS
    const isOverlap =
      this.#story.visible && (code === 'NODE_PARTITION_PREVENTED' || code === 'NODE_CLOSED_BY_PEER' || isReset)
    return isOverlap ? this.#isDisturbed(cluster) : this.#isOver || cluster.state !== 'running'
  }

  /** Whether some link or other may be lost now. */
  #isDisturbed(cluster: Cluster): boolean {
    const { now } = this.#sim
    return this.#isOver || cluster.state !== 'running' || this.#excuses.some(({ until }) => now <= until)
  }

  /** Waits until every member has all links, names and groups. */
  async #whole(withinMs: number): Promise<boolean> {
    const sim = this.#sim
    const end = sim.now + withinMs
    let lacks = this.#missing()
    while (lacks.length > 0 && sim.now < end) {
      await sim.run(500)
      lacks = this.#missing()
    }
    for (const { rule, how } of lacks) this.#break(rule, how)
    return lacks.length === 0
  }

  #missing(): Broken[] {
    return missing(this.#seats, { visible: this.#story.visible, isSettling: this.#isSettling })
  }

  #break(rule: string, how: string): void {
    this.#broken.push({ rule, how: `${Math.round(this.#sim.now)} ms: ${how}` })
    this.#sim.note(`BROKEN: ${rule}: ${how.split('\n')[0]}`)
  }
}

function hasLink(one: Seat, other: Seat): boolean {
  return isLinked(one.cluster, other.cluster.self)
}

function isLinked(cluster: Cluster, peer: string): boolean {
  return cluster.members().some((node) => node === peer)
}

function nameOf({ cluster }: Seat): string {
  return cluster.self
}

function clustersOf(seats: readonly Seat[]): Cluster[] {
  return seats.map(({ cluster }) => cluster)
}
