import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Cluster } from '@dynsrv/cluster'
import type { ClusterPage } from './cluster-page.ts'
import type { PageState } from './page-state.ts'
import { patchOf } from './patch.ts'

/** How often rates and latencies are told, in milliseconds. */
const TICK_MS = 1_000
/** A page that hears nothing for three of these takes the link for dead, in milliseconds. */
const BEAT_MS = 5_000
/** Changes that come together are told together. */
const GATHER_MS = 80
/** How many pages may be open at the same time. */
const MAX_WATCHERS = 32
/** A browser that reads slower than this many bytes is let go: it comes back and gets the whole state. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024

/** Tells open pages the state once, and then what changes. While no page is open it does nothing at all. */
export class EventStream {
  readonly #cluster: Cluster
  readonly #page: ClusterPage
  readonly #watchers = new Set<ServerResponse>()
  #told: PageState | undefined
  #toldAt = 0
  #ticker: NodeJS.Timeout | undefined
  #soon: NodeJS.Timeout | undefined
  #ended = new AbortController()

  constructor(cluster: Cluster, page: ClusterPage) {
    this.#cluster = cluster
    this.#page = page
  }

  /** Answers a request for the stream. */
  watch(request: IncomingMessage, response: ServerResponse): void {
    if (this.#watchers.size >= MAX_WATCHERS) {
      response.writeHead(503, { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '10' })
      response.end(`${MAX_WATCHERS} pages are open already.\n`)
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' })
    if (request.method === 'HEAD') {
      response.end()
      return
    }
    // Who is there already is told first what it lacks, so that all know the same.
    this.#tell()
    this.#told ??= this.#page.state()
    response.write(`retry: 1000\n${message('state', this.#told)}`)
    this.#watchers.add(response)
    response.once('close', () => {
      this.#watchers.delete(response)
      if (this.#watchers.size === 0) this.#rest()
    })
    this.#ticker ??= setInterval(() => this.#tick(), TICK_MS).unref()
    this.#page.latency.measure(this.#ended.signal)
  }

  /** Something happened: it is told soon. */
  wake(): void {
    if (this.#watchers.size === 0) return
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined
      this.#tell()
    }, GATHER_MS).unref()
  }

  #tick(): void {
    this.#tell()
    if (performance.now() - this.#toldAt >= BEAT_MS) this.#write(message('beat', Date.now()))
    if (this.#cluster.state === 'running') this.#page.latency.measure(this.#ended.signal)
  }

  #tell(): void {
    if (this.#told === undefined) return
    const now = this.#page.state()
    const patch = patchOf(this.#told, now)
    this.#told = now
    if (patch === undefined) return
    this.#write(message('patch', patch))
  }

  #write(text: string): void {
    this.#toldAt = performance.now()
    for (const watcher of this.#watchers) {
      if (watcher.writableLength > MAX_UNREAD_BYTES) watcher.destroy()
      else watcher.write(text)
    }
  }

  #rest(): void {
    clearInterval(this.#ticker)
    clearTimeout(this.#soon)
    this.#ended.abort()
    this.#ended = new AbortController()
    this.#ticker = undefined
    this.#soon = undefined
    this.#told = undefined
  }
}

function message(event: string, value: unknown): string {
  // JSON has no line breaks of its own, so one data line holds it.
  return `event: ${event}\ndata: ${JSON.stringify(value)}\n\n`
}
