import {
  callable,
  either,
  flag,
  iterable,
  numberFrom,
  optionsOf,
  port,
  type Rule,
  type Rules,
  rule,
  text,
  type World,
  whole,
} from '@dynsrv/kit'
import { checks } from './checks.ts'
import { hostOf, makeDns, type SimDns } from './dns/sim-dns.ts'
import { type Duration, durationRule, millisecondsOf } from './duration.ts'
import { SimulationError } from './error.ts'
import { Host, type HostParts } from './host.ts'
import { sequenceDiagram } from './log/sequence-diagram.ts'
import { type LogEntry, SimLog } from './log/sim-log.ts'
import { hearMembers } from './log/what-members-say.ts'
import { type Cut, Fabric, type PathOptions } from './network/fabric.ts'
import { deregister, HttpRegistry, register, registryHostOf, registryListening } from './registries/http-registry.ts'
import { makeConsul, type SimConsul } from './registries/sim-consul.ts'
import { makeKubernetes, type SimKubernetes } from './registries/sim-kubernetes.ts'
import type { SimRegistry } from './registries/sim-registry.ts'
import { Schedule } from './time/schedule.ts'
import { SeededRandom } from './time/seeded-random.ts'
import { TimeMachine } from './time/time-machine.ts'

/** What a member is started with. The options of `start()` of `@dynsrv/cluster` take all of it. */
export interface MemberOptions {
  /** Its node name: `svc-1@svc.test`. */
  readonly name: string
  /** The SRV name of all members. */
  readonly service: string
  /** The port to listen on, which its SRV record will have. */
  readonly port: number
  /** The cookie that all members share. */
  readonly cookie: string
  /** The DNS server, `ip:port`. */
  readonly dns: string
  /** Its clock, chance, network, files and process: give it to all that takes a `world`. */
  readonly world: World
}

/** Starts a member and gives what the test works with. What has `close()` is closed with the simulation. */
export type StartMember<T extends object> = (options: MemberOptions) => Promise<T> | T

/** The context of a test that can say whether the test failed: that of Vitest, or of `node:test`. */
export interface TestContextLike {
  /** Vitest has it. */
  readonly onTestFailed?: (report: () => void) => unknown
  /** `node:test` has it. */
  readonly after?: (report: () => void) => unknown
  /** `node:test` has it. */
  readonly passed?: boolean
}

/** Options of `simulate`. */
export interface SimulateOptions {
  /** What decides everything that is left to chance. The same seed repeats a run byte for byte. Default 1. */
  readonly seed?: number
  /** How packets travel where nothing else is said; default: 0.5 ms, and up to 0.2 ms more. */
  readonly path?: PathOptions
  /**
   * How long virtual time goes on by itself while a test awaits something, after the last thing that it did to the simulation.
   * Default 1 d.
   */
  readonly patience?: Duration
  /** The context of the test, so that a failure prints the seed and the log. Needed for `await using` only. */
  readonly test?: TestContextLike
  /** Where a failed run is printed; default: `console.error`. */
  readonly print?: (report: string) => void
}

/** How a member ends without warning. */
export interface CrashOptions {
  /**
   * Whether the whole machine loses its power, so that nobody hears of it. Default false: the process dies, and its system
   * closes its sockets.
   */
  readonly silent?: boolean
}

/** How a member is started again. */
export interface RestartOptions {
  /** The port to listen on; `new` for one that it never had. Default: the same. */
  readonly port?: number | 'new'
}

/** Which way a partition goes. */
export interface PartitionOptions {
  /** Lose only what the first group sends to the second one. Default false. */
  readonly oneWay?: boolean
}

/** Tuples up to a length of ten, so that each member has its own type when their number is written down. */
export type Members<T, N extends number> = number extends N
  ? T[]
  : N extends 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10
    ? Repeated<T, N>
    : T[]
/** So many of a type, as a tuple. */
export type Repeated<T, N extends number, R extends T[] = []> = R['length'] extends N ? R : Repeated<T, N, [...R, T]>

interface Member {
  readonly host: Host
  readonly label: string
  readonly name: string
  readonly service: string
  readonly start: StartMember<object>
  port: number
  object: object
  /** Whether registries list it. */
  isRegistered: boolean
}

const FIRST_PORT = 4_370
/** So many addresses there are. */
const MAX_MEMBERS = 1_000_000
const COOKIE = 'simulated'
const RECORD_TTL_SECONDS = 5
const PATIENCE: Duration = '1 d'
const CLOSING_MS = 60_000
const LOOK_MS = 50
/** Four parts of an address, none of them 0 or 255. */
const IPS_IN_A_NET = 250

const PATH: Rules<PathOptions> = {
  latencyMs: numberFrom(0),
  jitterMs: numberFrom(0),
  loss: numberFrom(0, 1),
  bytesPerSecond: numberFrom(1),
}
const checkPath = checks.options<PathOptions>('path', PATH)
const context: Rule = rule(
  'the context of a test, with onTestFailed or after',
  (value) =>
    // That of Vitest is a function with properties.
    ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
    (typeof Reflect.get(value, 'onTestFailed') === 'function' || typeof Reflect.get(value, 'after') === 'function'),
)
const checkOptions = checks.options<SimulateOptions>('simulate', {
  seed: rule('a finite number', Number.isFinite),
  path: optionsOf(PATH),
  patience: durationRule,
  test: context,
  print: callable,
})
const checkCrash = checks.options<CrashOptions>('crash', { silent: flag })
const newPort = either(
  port,
  rule('new', (value) => value === 'new'),
)
const checkRestart = checks.options<RestartOptions>('restart', { port: newPort })
const checkPartition = checks.options<PartitionOptions>('partition', { oneWay: flag })

/** The simulation whose code runs now, or ran last. */
let running: Simulation | undefined

/**
 * A world in a box: hosts with a program each, a network, DNS, and time that passes as fast as the programs allow.
 *
 * Time passes during `run` and `until`, and by itself while a test awaits something. Nothing else passes: what a test does
 * between two waits happens at one moment.
 */
export class Simulation implements AsyncDisposable {
  /** What decides everything that is left to chance. */
  readonly seed: number
  /** The DNS server that all members ask. */
  readonly dns: SimDns
  /** Chance for the test itself, of the same seed. */
  readonly random: {
    /** From 0 up to but not including 1. */
    number(): number
    /** A whole number from `min` up to but not including `max`. */
    integer(min: number, max: number): number
    /** One of the values. */
    pick<T>(values: readonly T[]): T
  }
  readonly #schedule = new Schedule()
  readonly #log = new SimLog(this.#schedule)
  readonly #fabric: Fabric
  readonly #parts: HostParts
  readonly #time: TimeMachine
  readonly #members = new Map<object, Member>()
  readonly #counts = new Map<string, number>()
  readonly #hostsOfNodes = new Map<string, string>()
  readonly #print: (report: string) => void
  readonly #stopHearing: () => void
  #hosts = 0
  #consul: SimConsul | undefined
  #kubernetes: SimKubernetes | undefined
  #nextPort = FIRST_PORT + 1
  #closing: Promise<void> | undefined

  /** @throws {SimulationError} `SIM_BAD_OPTION` */
  constructor(options: SimulateOptions = {}) {
    checkOptions(options)
    const { seed = 1, patience = PATIENCE, print = printError, test } = options
    this.seed = seed
    this.random = new SeededRandom(`test ${seed}`)
    this.#print = print
    this.#fabric = new Fabric(this.#schedule, this.#log, seed)
    if (options.path !== undefined) this.#fabric.setPath(options.path)
    this.#time = new TimeMachine(this.#schedule, {
      patienceMs: millisecondsOf(patience),
      onStandStill: () => this.#log.note('sim', 'time stands still: the test did nothing for too long'),
      onStep: () => {
        running = this
      },
    })
    this.#parts = { seed, schedule: this.#schedule, fabric: this.#fabric, log: this.#log, nameserver: ipOf(0) }
    running = this
    this.dns = makeDns(this.#host('dns'), this.#log)
    this.#stopHearing = hearMembers({
      isOurs: () => running === this,
      hostOf: (node) => this.#hostsOfNodes.get(node),
      log: this.#log,
    })
    if (test !== undefined) reportIfFailed(test, () => this.#print(this.report()))
  }

  /** Consul's HTTP API, on a host of its own; there from the first use on, with every member that has a record. */
  get consul(): SimRegistry {
    this.#consul ??= this.#registry((log) => makeConsul(this.#host('consul'), log))
    return this.#consul
  }

  /** The Kubernetes API, on a host of its own; there from the first use on, with every member that has a record. */
  get kubernetes(): SimRegistry {
    this.#kubernetes ??= this.#registry((log) => makeKubernetes(this.#host('kubernetes'), log))
    return this.#kubernetes
  }

  /** Virtual time since the beginning. Unit: milliseconds. */
  get now(): number {
    return this.#schedule.now
  }

  /**
   * How much is to happen in the whole simulation: timers, packets, and connections that a system still has for a while after its
   * program closed them. If it grows forever, something is never taken back. {@link timers} and {@link sockets} count what one
   * member keeps.
   */
  get pending(): number {
    return this.#schedule.size
  }

  /** What happened so far, oldest first; of a long run the last 5000 things. */
  get log(): readonly LogEntry[] {
    return this.#log.entries
  }

  /** A number for all that was ever written into the log: two runs that differ in anything have different ones. */
  get digest(): string {
    return this.#log.digest
  }

  /**
   * Starts members of a service, each on a host of its own, and puts an SRV and an A record of each into DNS when it has started.
   *
   * @param service the SRV name: `svc.test`. Nodes are called `svc-1@svc.test` and so on
   * @param start starts one; `start` of `@dynsrv/cluster` will do
   * @returns what `start` gave
   * @throws {SimulationError} `SIM_BAD_OPTION`
   * @throws what `start` throws
   */
  async members<T extends object, N extends number>(
    service: string,
    count: N,
    start: StartMember<T>,
  ): Promise<Members<T, N>> {
    checks.argument(
      'members',
      'service',
      rule('a name with a dot', (v) => typeof v === 'string' && /.\../.test(v)),
      service,
    )
    checks.argument('members', 'count', whole(1, MAX_MEMBERS), count)
    checks.argument('members', 'start', callable, start)
    const label = serviceLabel(service)
    const begun = Array.from({ length: count }, () => {
      const number = (this.#counts.get(label) ?? 0) + 1
      this.#counts.set(label, number)
      const name = `${label}-${number}`
      const member = {
        label: name,
        name: `${name}@${service}`,
        service,
        start,
        port: FIRST_PORT,
        host: this.#host(name),
      }
      this.#hostsOfNodes.set(member.name, name)
      return this.#start({ ...member, object: member, isRegistered: false })
    })
    const members = await this.#during(Promise.all(begun))
    return members as Members<T, N>
  }

  /** Lets so much virtual time pass. @throws {SimulationError} `SIM_BAD_OPTION`, `SIM_CLOSED` */
  async run(duration: Duration): Promise<void> {
    checks.argument('run', 'duration', durationRule, duration)
    await this.#time.run(millisecondsOf(duration))
  }

  /**
   * Resolves when so much virtual time has passed, and does not make it pass: for what a test does beside its `run`.
   *
   * @throws {SimulationError} `SIM_BAD_OPTION`
   */
  sleep(duration: Duration): Promise<void> {
    checks.argument('sleep', 'duration', durationRule, duration)
    return new Promise((resolve) => this.#schedule.after(millisecondsOf(duration), resolve))
  }

  /**
   * Lets time pass until something is true, and looks every 50 ms of it.
   *
   * @param within how long at most; default 1 min
   * @throws {SimulationError} `SIM_WAIT_OVER`
   */
  async until(condition: () => boolean, within: Duration = '1 min'): Promise<void> {
    checks.argument('until', 'condition', callable, condition)
    checks.argument('until', 'within', durationRule, within)
    const end = this.now + millisecondsOf(within)
    while (!condition()) {
      if (this.now >= end) {
        throw new SimulationError('SIM_WAIT_OVER', `it did not come true within ${within}: ${String(condition)}`)
      }
      await this.#time.run(Math.min(LOOK_MS, end - this.now))
    }
  }

  /**
   * From now on packets between two groups are lost.
   *
   * @param one members, `sim.dns`, `sim.consul` or `sim.kubernetes`
   * @returns what mends this partition alone
   * @throws {SimulationError} `SIM_UNKNOWN_MEMBER`, `SIM_BAD_OPTION`
   */
  partition(one: Iterable<object>, other: Iterable<object>, options: PartitionOptions = {}): () => void {
    checks.argument('partition', 'one', iterable, one)
    checks.argument('partition', 'other', iterable, other)
    checkPartition(options)
    const { oneWay = false } = options
    const [first, second] = [this.#hostsOf(one), this.#hostsOf(other)]
    const cuts: Cut[] = [{ from: first, to: second }, ...(oneWay ? [] : [{ from: second, to: first }])]
    for (const cut of cuts) this.#fabric.cut(cut)
    const groups = `${namesOf(first)} ${oneWay ? 'to' : 'and'} ${namesOf(second)}`
    this.#act('sim', `the network is cut between ${groups}`.replace('between', oneWay ? 'from' : 'between'))
    return () => {
      for (const cut of cuts) this.#fabric.mend(cut)
      this.#act('sim', `the network is whole again between ${groups}`)
    }
  }

  /** Mends all partitions. */
  heal(): void {
    this.#fabric.mendAll()
    this.#act('sim', 'the network is whole')
  }

  /**
   * Says how packets travel from now on: between all hosts, or between two of them.
   *
   * @throws {SimulationError} `SIM_UNKNOWN_MEMBER`, `SIM_BAD_OPTION`
   */
  path(options: PathOptions, between?: readonly [object, object]): void {
    checkPath(options)
    if (between === undefined) this.#fabric.setPath(options)
    else {
      checks.argument('path', 'between', iterable, between)
      const [one, other] = between
      this.#fabric.setPath(options, [this.#hostOf(one), this.#hostOf(other)])
    }
    this.#act('sim', `packets travel with ${JSON.stringify(options)}`)
  }

  /** Ends a member without warning. Its records stay in DNS. @throws {SimulationError} `SIM_UNKNOWN_MEMBER`, `SIM_BAD_OPTION` */
  crash(member: object, options: CrashOptions = {}): void {
    checkCrash(options)
    const host = this.#hostOf(member)
    if (options.silent === true) host.powerOff()
    else host.kill()
    this.#act(host.name, options.silent === true ? 'loses its power' : 'crashes')
  }

  /**
   * Starts a member again on its host; one that still runs crashes first. Its SRV record has its new port.
   *
   * @returns what its `start` gave; the object of before is not of the simulation any more
   * @throws {SimulationError} `SIM_UNKNOWN_MEMBER`, `SIM_BAD_OPTION`
   */
  async restart<T extends object>(member: T, options: RestartOptions = {}): Promise<T> {
    checkRestart(options)
    const known = this.#memberOf(member)
    if (known.host.process?.isAlive === true) this.crash(member)
    this.#act(known.host.name, 'starts again')
    const { port: wanted = known.port } = options
    this.#takeRecords(known)
    this.#members.delete(member)
    const next = { ...known, port: wanted === 'new' ? this.#nextPort++ : wanted }
    return (await this.#during(this.#start(next))) as T
  }

  /**
   * Lets a member leave in order: its records are taken away, then it is drained or, without `drain()`, closed.
   *
   * @throws {SimulationError} `SIM_UNKNOWN_MEMBER`
   * @throws what it throws
   */
  async leave(member: object): Promise<void> {
    const known = this.#memberOf(member)
    this.#act(known.host.name, 'leaves')
    this.#takeRecords(known)
    const { drain, close } = member as { drain?: () => unknown; close?: () => unknown }
    await this.#during(Promise.resolve((drain ?? close)?.call(member)))
    known.host.kill()
  }

  /** Takes the records of a member out of DNS. @throws {SimulationError} `SIM_UNKNOWN_MEMBER` */
  deregister(member: object): void {
    this.#takeRecords(this.#memberOf(member))
  }

  /** Puts the records of a member into DNS. @throws {SimulationError} `SIM_UNKNOWN_MEMBER` */
  register(member: object): void {
    this.#giveRecords(this.#memberOf(member))
  }

  /** The process of a member stands still, as after SIGSTOP. @throws {SimulationError} `SIM_UNKNOWN_MEMBER` */
  freeze(member: object): void {
    const host = this.#hostOf(member)
    host.freeze()
    this.#act(host.name, 'stands still')
  }

  /** The process of a member goes on. @throws {SimulationError} `SIM_UNKNOWN_MEMBER` */
  thaw(member: object): void {
    const host = this.#hostOf(member)
    host.thaw()
    this.#act(host.name, 'goes on')
  }

  /**
   * Makes the event loop of a member slow: each turn takes so long.
   *
   * @param turn 0 makes it fast again
   * @throws {SimulationError} `SIM_UNKNOWN_MEMBER`, `SIM_BAD_OPTION`
   */
  slow(member: object, turn: Duration): void {
    checks.argument('slow', 'turn', durationRule, turn)
    const host = this.#hostOf(member)
    host.turnMs = millisecondsOf(turn)
    this.#act(host.name, `takes ${turn} for each turn of its event loop`)
  }

  /**
   * Sets the clock of a member forward, or back with a negative number. Its timers do not change, as on a real machine.
   *
   * @param ms milliseconds
   * @throws {SimulationError} `SIM_UNKNOWN_MEMBER`, `SIM_BAD_OPTION`
   */
  jumpClock(member: object, ms: number): void {
    checks.argument('jumpClock', 'ms', rule('a finite number', Number.isFinite), ms)
    const host = this.#hostOf(member)
    host.clockOffsetMs += ms
    this.#act(host.name, `its clock jumps by ${ms} ms`)
  }

  /** How many TCP connections the host of a member has. @throws {SimulationError} `SIM_UNKNOWN_MEMBER` */
  connections(member: object): number {
    return this.#hostOf(member).ports.ends.size
  }

  /**
   * How many sockets the host of a member has open: TCP connections, TCP ports that it listens on, and UDP sockets.
   *
   * @throws {SimulationError} `SIM_UNKNOWN_MEMBER`
   */
  sockets(member: object): number {
    const { ends, tcp, udp } = this.#hostOf(member).ports
    return ends.size + tcp.size + udp.size
  }

  /**
   * How many timers the program of a member has set now, `setInterval` and `setImmediate` among them, as long as it takes them from
   * `world.clock`. 0 when it does not run. Polls and calls set timers for a while: to see whether it grows, compare the least of several
   * moments.
   *
   * @throws {SimulationError} `SIM_UNKNOWN_MEMBER`
   */
  timers(member: object): number {
    return this.#hostOf(member).process?.clock.timers ?? 0
  }

  /** Puts a file onto the host of a member. @throws {SimulationError} `SIM_UNKNOWN_MEMBER`, `SIM_BAD_OPTION` */
  writeFile(member: object, filePath: string, content: string | Uint8Array): void {
    checks.argument('writeFile', 'filePath', text, filePath)
    checks.argument(
      'writeFile',
      'content',
      either(
        text,
        rule('a Uint8Array', (v) => v instanceof Uint8Array),
      ),
      content,
    )
    this.#hostOf(member).files.write(filePath, content)
  }

  /** Writes a line of the test's own into the log. */
  note(line: string): void {
    checks.argument('note', 'line', text, line)
    this.#log.note('test', line)
  }

  /** The log as text, one line for each thing. */
  logText(): string {
    return this.#log.toString()
  }

  /** The log as a sequence diagram for Mermaid. */
  diagram(): string {
    return sequenceDiagram(this.#log.entries)
  }

  /** Everything that helps to understand a run: the seed, the log, and the log as a sequence diagram. */
  report(): string {
    return [
      `simulation with seed ${this.seed}; the same seed repeats it`,
      this.logText(),
      '```mermaid',
      this.diagram(),
      '```',
    ].join('\n')
  }

  /** Closes all members that run, and ends everything. May be called again. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** The same as {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    try {
      const open = [...this.#members.values()].filter(({ host }) => host.process !== undefined)
      for (const { host } of open) if (host.isFrozen) host.thaw()
      await this.#during(
        Promise.all(
          open.map(({ object }) => {
            const { close } = object as { close?: () => unknown }
            return typeof close === 'function' ? close.call(object) : undefined
          }),
        ),
      )
    } finally {
      this.#time.stop()
      this.#stopHearing()
    }
  }

  async #start(member: Member): Promise<object> {
    const { host, name, port: own, service, start } = member
    const { world } = host.start()
    const registries = [this.#consul, this.#kubernetes].filter((each) => each !== undefined)
    await Promise.all([this.dns.listening, ...registries.map((each) => registryListening(each))])
    const { address } = this.dns
    member.object = await start({ name, service, port: own, cookie: COOKIE, dns: address, world })
    this.#members.set(member.object, member)
    this.#giveRecords(member)
    return member.object
  }

  /** Lets time pass until a promise has settled. */
  async #during<T>(promise: Promise<T>): Promise<T> {
    let isOver = false
    const over = (): void => {
      isOver = true
    }
    promise.then(over, over)
    if (!(await this.#time.until(() => isOver, CLOSING_MS))) {
      throw new SimulationError(
        'SIM_WAIT_OVER',
        `what members were asked to do did not end within ${CLOSING_MS / 1_000} s`,
      )
    }
    return promise
  }

  #host(name: string): Host {
    return new Host(name, ipOf(this.#hosts++), this.#parts)
  }

  #eachRegistry(tell: (registry: HttpRegistry) => void): void {
    for (const registry of [this.#consul, this.#kubernetes]) if (registry !== undefined) tell(registry)
  }

  /** A registry that has every member of now; it is given those that come. */
  #registry<T extends HttpRegistry>(make: (log: SimLog) => T): T {
    const registry = make(this.#log)
    for (const member of this.#members.values()) if (member.isRegistered) register(registry, registered(member))
    return registry
  }

  #giveRecords(member: Member): void {
    const { host, label, port: own, service } = member
    member.isRegistered = true
    this.#eachRegistry((registry) => register(registry, registered(member)))
    const target = `${label}.${service}`
    const ttlSeconds = RECORD_TTL_SECONDS
    this.dns.add(
      { type: 'SRV', name: service, target, port: own, ttlSeconds },
      { type: 'A', name: target, address: host.ip, ttlSeconds },
    )
  }

  #takeRecords(member: Member): void {
    const { label, service } = member
    member.isRegistered = false
    this.#eachRegistry((registry) => deregister(registry, label))
    const target = `${label}.${service}`
    this.dns.remove((record) => (record.type === 'SRV' ? record.target === target : record.name === target))
  }

  #memberOf(member: object): Member {
    const known = this.#members.get(member)
    if (known !== undefined) return known
    throw new SimulationError('SIM_UNKNOWN_MEMBER', 'this object is no member of the simulation, or not any more')
  }

  #hostOf(member: object): Host {
    if (member === this.dns) return hostOf(this.dns)
    return member instanceof HttpRegistry ? registryHostOf(member) : this.#memberOf(member).host
  }

  #hostsOf(members: Iterable<object>): Set<Host> {
    return new Set([...members].map((member) => this.#hostOf(member)))
  }

  /** What the test does to the world is written down, and lets time go on. */
  #act(host: string, what: string): void {
    running = this
    this.#log.note(host, what)
    this.#time.touched()
  }
}

function registered({ host, label, name, port: own, service }: Member) {
  return { id: label, service: serviceLabel(service), node: name, ip: host.ip, port: own }
}

/** `svc` of `svc.test` and of `_svc._tcp.test`. */
function serviceLabel(service: string): string {
  const [label = 'member'] = service.split('.').map((part) => part.replace(/^_/, ''))
  return label
}

function namesOf(hosts: Iterable<Host>): string {
  return [...hosts].map(({ name }) => name).join(', ')
}

function ipOf(index: number): string {
  const [low, middle, high] = [
    index % IPS_IN_A_NET,
    Math.floor(index / IPS_IN_A_NET) % IPS_IN_A_NET,
    Math.floor(index / IPS_IN_A_NET ** 2),
  ]
  return `10.${high}.${middle}.${low + 1}`
}

/** Prints when the test is over and has failed. */
function reportIfFailed(test: TestContextLike, print: () => void): void {
  if (test.onTestFailed !== undefined) test.onTestFailed(print)
  else {
    test.after?.(() => {
      if (test.passed !== true) print()
    })
  }
}

function printError(report: string): void {
  console.error(report)
}
