import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startZoneServer, type ZoneServer } from '@dynsrv/srv-resolver'
import type { DemoEvent, NodeView } from './demo-event.ts'
import type { DemoNode, DemoNodeEvents } from './demo-node.ts'
import type { Entry } from './entry.ts'
import { type Erlang, findErlang } from './erlang.ts'
import { ErlangNode } from './erlang-node.ts'
import { freePort } from './free-port.ts'
import { MemberNode } from './member-node.ts'
import { Patience } from './patience.ts'

/** How often the demo's members ask DNS, in milliseconds; quick, so that a watcher does not wait. */
export const POLLING_INTERVAL_MS = 500

/** Missing links that a failure names. */
const MISSING_SHOWN = 3

/** The demo's DNS server and nodes: started, changed and watched; nothing is faked, each node is a process. */
export class DemoCluster implements AsyncDisposable {
  readonly service = 'demo.dynsrv.test'
  readonly folder: string
  readonly erlang: Erlang
  readonly #zone: ZoneServer
  readonly #cookie: string
  readonly #emit: (event: DemoEvent) => void
  readonly #entries = new Map<string, Entry>()
  readonly #patience = new Patience()
  /** Links that went down since the demo began, by the node that saw it. */
  #lost: string[] = []
  #closing = false

  private constructor(
    folder: string,
    erlang: Erlang,
    zone: ZoneServer,
    cookie: string,
    emit: (event: DemoEvent) => void,
  ) {
    this.folder = folder
    this.erlang = erlang
    this.#zone = zone
    this.#cookie = cookie
    this.#emit = (event) => {
      // The end of the nodes is not part of the story.
      if (!this.#closing) emit(event)
    }
  }

  /** Starts the DNS server, makes the random cookie and looks for Erlang. */
  static async create(emit: (event: DemoEvent) => void): Promise<DemoCluster> {
    const folder = await mkdtemp(join(tmpdir(), 'dynsrv-demo-'))
    const cookie = randomBytes(24).toString('base64url')
    await writeFile(join(folder, '.erlang.cookie'), cookie, { mode: 0o400 })
    const [erlang, zone] = await Promise.all([findErlang(folder), startZoneServer()])
    return new DemoCluster(folder, erlang, zone, cookie, emit)
  }

  get dns(): string {
    return this.#zone.address
  }

  get cookieFile(): string {
    return join(this.folder, '.erlang.cookie')
  }

  get linkCount(): number {
    const ends = this.#up().reduce((sum, { node }) => sum + (node?.links.size ?? 0), 0)
    return ends / 2
  }

  get lost(): readonly string[] {
    return this.#lost
  }

  nameOf(label: string): string {
    return `${label}@${this.service}`
  }

  node(label: string): DemoNode {
    const node = this.#entries.get(label)?.node
    if (node === undefined) throw new Error(`${label} does not run`)
    return node
  }

  /** Starts a JavaScript member in a process of its own; it has no record yet. */
  async startMember(label: string): Promise<void> {
    const settings = {
      name: this.nameOf(label),
      service: this.service,
      dns: this.dns,
      pollingIntervalMs: POLLING_INTERVAL_MS,
    }
    const entry = this.#enter(label, `Node.js ${process.versions.node}`)
    await this.#started(entry, MemberNode.start(settings, this.#cookie, this.#listen(entry)))
  }

  /** Starts a real Erlang node with the companion; it has no record yet. */
  async startErlang(label: string, release: string): Promise<void> {
    const entry = this.#enter(label, `Erlang/OTP ${release}`)
    const port = await freePort()
    const settings = { name: this.nameOf(label), port, dns: this.dns, home: this.folder, companion: this.folder }
    await this.#started(entry, ErlangNode.start(settings, this.#listen(entry)))
  }

  /** Lets an Erlang node dial another one, which is what its own strategy would do. */
  async connectErlang(from: string, to: string): Promise<void> {
    const node = this.node(from)
    if (!(node instanceof ErlangNode)) throw new TypeError(`${from} is not an Erlang node`)
    if (!(await node.connect(this.nameOf(to)))) throw new Error(`${from} could not connect to ${to}`)
  }

  /** Adds the node's SRV and A record, as an orchestrator does when the instance is healthy. */
  register(label: string, port = this.node(label).port): void {
    const target = `${label}.${this.service}`
    this.#zone.add({ type: 'SRV', name: this.service, target, port, ttlSeconds: 0 })
    this.#zone.add({ type: 'A', name: target, address: '127.0.0.1', ttlSeconds: 0 })
    const entry = this.#entries.get(label)
    if (entry !== undefined) entry.registered = true
    this.#emit({ type: 'record', change: 'added', record: `${target} port ${port}` })
  }

  /** Removes the node's records. */
  deregister(label: string): void {
    const target = `${label}.${this.service}`
    this.#zone.remove({ name: target })
    this.#zone.remove({ target })
    const entry = this.#entries.get(label)
    if (entry !== undefined) entry.registered = false
    this.#emit({ type: 'record', change: 'removed', record: target })
  }

  /** Stops the DNS server: its port refuses from now on. */
  async stopDns(): Promise<void> {
    await this.#zone.pause()
    for (const entry of this.#entries.values()) entry.failedPolls = 0
    this.#emit({ type: 'dns', up: false })
  }

  async resumeDns(): Promise<void> {
    await this.#zone.resume()
    for (const entry of this.#entries.values()) entry.answeredPolls = 0
    this.#emit({ type: 'dns', up: true })
  }

  /** Polls that failed since the DNS server stopped: the fewest of any member. */
  get failedPolls(): number {
    return Math.min(...this.#members().map(({ failedPolls }) => failedPolls))
  }

  /** Polls that were answered since the DNS server came back: the fewest of any member. */
  get answeredPolls(): number {
    return Math.min(...this.#members().map(({ answeredPolls }) => answeredPolls))
  }

  /** Which running nodes do not list each other yet; nothing when all do. */
  missingLinks(): string | undefined {
    const running = this.#up()
    const missing = running.flatMap((from) =>
      running
        .filter((to) => from !== to && from.node?.links.has(this.nameOf(to.label)) !== true)
        .map((to) => {
          const why = from.problems.get(this.nameOf(to.label)) ?? from.pollProblem
          return `${from.label} does not list ${to.label}${why === undefined ? '' : ` (${why})`}`
        }),
    )
    if (missing.length === 0) return undefined
    const more = missing.length - MISSING_SHOWN
    return `${missing.slice(0, MISSING_SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  }

  /** Says so while the node's process runs, else nothing. */
  stillRuns(label: string): string | undefined {
    return this.#entries.get(label)?.state === 'up' ? `${label} still runs` : undefined
  }

  /** Which nodes still list one that should be gone, or nothing. */
  stillLinked(label: string): string | undefined {
    const name = this.nameOf(label)
    const holding = [...this.#entries.values()].filter(({ node, state }) => state === 'up' && node?.links.has(name))
    return holding.length === 0 ? undefined : `${holding.map(({ label }) => label).join(', ')} still list ${label}`
  }

  /**
   * Waits until a check finds nothing missing; it is asked after everything that happens.
   *
   * @throws {Error} with what is missing, when that takes too long or a node ended by itself
   */
  until(missing: () => string | undefined, timeoutMs: number): Promise<void> {
    return this.#patience.until(missing, timeoutMs)
  }

  /** Ends every node and the DNS server, and removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true
    try {
      // A node that is just starting cannot leave yet: it leaves as soon as it is up.
      await Promise.all([...this.#entries.values()].map(async ({ starting }) => (await starting)?.leave()))
    } finally {
      await this.#zone.close()
      await rm(this.folder, { recursive: true, force: true })
    }
  }

  #enter(label: string, runs: string): Entry {
    const entry: Entry = {
      label,
      runs,
      node: undefined,
      starting: Promise.resolve(undefined),
      state: 'starting',
      registered: false,
      answeredPolls: 0,
      failedPolls: 0,
      pollProblem: undefined,
      problems: new Map(),
    }
    this.#entries.set(label, entry)
    this.#changed(entry, 'starting')
    return entry
  }

  async #started(entry: Entry, starting: Promise<DemoNode>): Promise<void> {
    // The caller gets the failure from the line below. Here it means that there is no node to end.
    entry.starting = starting.catch(() => undefined)
    entry.node = await starting
    this.#changed(entry, 'up')
  }

  #listen(entry: Entry): DemoNodeEvents {
    const { label: from } = entry
    return {
      link: ({ peer, up, reason }) => {
        const to = this.#labelOf(peer)
        if (up) entry.problems.delete(peer)
        else this.#lost.push(`${from} lost ${to}${reason === undefined ? '' : ` (${reason})`}`)
        this.#emit({ type: 'link', from, to, up, ...(reason !== undefined && { reason }) })
        this.#changed(entry, entry.state)
      },
      polled: ({ failures, reason }) => {
        if (failures === 0) entry.answeredPolls += 1
        else entry.failedPolls += 1
        entry.pollProblem = failures === 0 ? undefined : reason
        if (failures > 0) this.#emit({ type: 'poll', from, failures, ...(reason !== undefined && { reason }) })
        this.#patience.wake()
      },
      problem: ({ peer, reason }) => {
        entry.problems.set(peer, reason)
        this.#emit({ type: 'problem', from, to: this.#labelOf(peer), reason })
        this.#patience.wake()
      },
      ended: (why) => {
        // A member whose record was removed leaves by itself. All others are to stay.
        if (entry.registered && !this.#closing) this.#patience.fail(new Error(`${from} ended by itself: ${why}`))
        if (!this.#closing) this.#changed(entry, 'left')
      },
    }
  }

  #changed(entry: Entry, state: NodeView['state']): void {
    entry.state = state
    const { label, runs, node } = entry
    const links = [...(node?.links ?? [])].map((peer) => this.#labelOf(peer))
    this.#emit({
      type: 'node',
      node: { label, name: this.nameOf(label), runs, port: node?.port ?? 0, state, links },
    })
    this.#patience.wake()
  }

  #up(): Entry[] {
    return [...this.#entries.values()].filter(({ state, registered }) => state === 'up' && registered)
  }

  /** The members that poll DNS; the Erlang nodes of the demo only look addresses up. */
  #members(): Entry[] {
    return this.#up().filter(({ node }) => node instanceof MemberNode)
  }

  #labelOf(name: string): string {
    return name.endsWith(`@${this.service}`) ? name.slice(0, -this.service.length - 1) : name
  }
}
