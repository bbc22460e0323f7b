import type { IncomingMessage, ServerResponse } from 'node:http'
import { HttpServer, listOf, type Timer } from '@dynsrv/kit'
import { checks } from '../checks.ts'
import type { Host } from '../host.ts'
import type { SimLog } from '../log/sim-log.ts'
import { type RegistryFault, registryFault } from './registry-fault.ts'
import type { SimRegistry } from './sim-registry.ts'

/** As many connections as a large simulation has. */
const MAX_CONNECTIONS = 100_000

/** Somebody who runs, as registries know it. */
export interface RegisteredMember {
  /** Unique: `svc-1`. */
  readonly id: string
  /** The first label of its service: `svc`. */
  readonly service: string
  /** Its node name. */
  readonly node: string
  readonly ip: string
  readonly port: number
}

/** A question that waits for a change. */
export interface Waiting {
  readonly response: ServerResponse
  /** Something has changed. */
  readonly changed: () => void
}

/** The machine that a registry runs on. */
export let registryHostOf: (registry: HttpRegistry) => Host
/** Resolves when a registry listens. */
export let registryListening: (registry: HttpRegistry) => Promise<unknown>
/** A member that runs; one of the same id is replaced. */
export let register: (registry: HttpRegistry, member: RegisteredMember) => void
/** A member that is gone. */
export let deregister: (registry: HttpRegistry, id: string) => void

/** What registries with an HTTP API have in common: who is registered, who waits for a change, and faults. */
export abstract class HttpRegistry implements SimRegistry {
  readonly url: string
  readonly #host: Host
  readonly #log: SimLog
  readonly #listening: Promise<unknown>
  readonly #members = new Map<string, RegisteredMember>()
  readonly #waiting = new Set<Waiting>()
  #faults: readonly RegistryFault[] = []
  /** What was there when it began to be stale. */
  #stale: { readonly members: readonly RegisteredMember[]; readonly index: number } | undefined
  #index = 1

  static {
    registryHostOf = (registry) => registry.#host
    registryListening = (registry) => registry.#listening
    register = (registry, member) => registry.#add(member)
    deregister = (registry, id) => registry.#remove(id)
  }

  protected constructor(host: Host, port: number, log: SimLog) {
    this.#host = host
    this.#log = log
    this.url = `http://${host.ip}:${port}`
    const server = new HttpServer(host.start().world, MAX_CONNECTIONS, (request, response) =>
      this.#take(request, response),
    )
    this.#listening = server.listen(port, '0.0.0.0')
  }

  fail(...faults: readonly [RegistryFault, ...RegistryFault[]]): void {
    checks.argument('fail', 'faults', listOf(registryFault), faults)
    this.#faults = faults
    this.#stale = faults.includes('stale') ? { members: [...this.#members.values()], index: this.#index } : undefined
    if (faults.includes('indexReset')) this.#index = 1
    if (faults.includes('cut')) for (const { response } of this.#waiting) response.destroy()
    if (faults.includes('empty')) this.#changed()
    this.#note(`fails: ${faults.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))).join(', ')}`)
  }

  heal(): void {
    this.#faults = []
    this.#stale = undefined
    this.#changed()
    this.#note('answers again')
  }

  #add(member: RegisteredMember): void {
    this.#members.set(member.id, member)
    this.#changed()
    this.#note(`${member.id} is registered`)
  }

  #remove(id: string): void {
    if (!this.#members.delete(id)) return
    this.#changed()
    this.#note(`${id} is deregistered`)
  }

  /** Answers a question: in JSON at once, or with what waits for a change. */
  protected abstract answer(url: URL, response: ServerResponse): void

  /** Who is registered, as it is answered. */
  protected get members(): readonly RegisteredMember[] {
    if (this.#faults.includes('empty')) return []
    return this.#stale?.members ?? [...this.#members.values()]
  }

  /** Grows with each change. */
  protected get index(): number {
    return this.#stale?.index ?? this.#index
  }

  protected get isStale(): boolean {
    return this.#stale !== undefined
  }

  /** Sends JSON, as far as faults let it. */
  protected send(response: ServerResponse, body: unknown, status = 200): void {
    const text = JSON.stringify(body)
    response.statusCode = status
    response.setHeader('content-type', 'application/json')
    if (!this.#faults.includes('cut')) {
      response.end(text)
      return
    }
    response.setHeader('content-length', Buffer.byteLength(text))
    response.write(text.slice(0, text.length / 2), () => response.destroy())
  }

  /** Waits for changes, no longer than so, or until the connection is gone. */
  protected wait(response: ServerResponse, ms: number, changed: () => void, over: () => void): void {
    const { clock } = this.#host.process!.world
    const waiting: Waiting = { response, changed }
    this.#waiting.add(waiting)
    const timer: Timer = clock.setTimeout(over, ms)
    const end = (): void => {
      this.#waiting.delete(waiting)
      clock.clearTimeout(timer)
    }
    response.once('close', end)
    response.once('finish', end)
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const status = this.#status
    if (this.#faults.includes('silence')) return
    if (status !== undefined) {
      response.statusCode = status
      response.end('it fails on purpose')
      return
    }
    const url = new URL(request.url ?? '/', this.url)
    const delay = this.#faults.find((each) => typeof each === 'object' && each.type === 'delay')
    if (delay === undefined) this.answer(url, response)
    else this.#host.process!.world.clock.setTimeout(() => this.answer(url, response), (delay as { ms: number }).ms)
  }

  get #status(): number | undefined {
    for (const fault of this.#faults) {
      if (fault === 'error') return 500
      if (typeof fault === 'object' && fault.type === 'error') return fault.status
    }
    return undefined
  }

  #changed(): void {
    this.#index++
    if (this.#stale !== undefined || this.#faults.includes('silence')) return
    for (const { changed } of [...this.#waiting]) changed()
  }

  #note(text: string): void {
    this.#log.note(this.#host.name, text)
  }
}
