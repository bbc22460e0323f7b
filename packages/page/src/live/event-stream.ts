import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Cluster } from '@dynsrv/cluster'
import type { Clock, Timer } from '@dynsrv/kit'
import type { ClusterPage } from './cluster-page.ts'
import type { PageSample, PageState } from './page-state.ts'
import { patchOf } from './patch.ts'

/** How often rates and latencies are sent, in milliseconds. */
const TICK_MS = 1_000
/** A page that hears nothing for three of these takes the link for dead, in milliseconds. */
const BEAT_MS = 5_000
/** Changes within this time are sent together, in milliseconds. */
const GATHER_MS = 80
/** How many pages may be open at the same time. */
const MAX_WATCHERS = 32
/** A browser with more unread bytes than this is disconnected: it comes back and gets the whole state. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024

/** Sends open pages the state once, and then what changes. While no page is open it does nothing at all. */
export class EventStream {
  readonly #cluster: Cluster
  readonly #page: ClusterPage
  readonly #watchers = new Set<ServerResponse>()
  readonly #clock: Clock
  #sent: PageState | undefined
  #sentAt = 0
  #ticker: Timer | undefined
  #soon: Timer | undefined
  #ended = new AbortController()

  constructor(cluster: Cluster, page: ClusterPage, clock: Clock) {
    this.#clock = clock
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
    // Pages that are open first get what they lack, so that all know the same.
    this.#send()
    this.#sent ??= this.#page.state()
    response.write(`retry: 1000\n${message('state', this.#sent)}`)
    this.#watchers.add(response)
    response.once('close', () => {
      this.#watchers.delete(response)
      if (this.#watchers.size === 0) this.#rest()
    })
    this.#startTicking()
    this.#page.latency.measure(this.#ended.signal)
  }

  /** Something happened: open pages hear of it soon. */
  wake(): void {
    if (this.#watchers.size === 0 || this.#soon !== undefined) return
    this.#soon = this.#clock.setTimeout(() => {
      this.#soon = undefined
      this.#send()
    }, GATHER_MS)
    this.#soon.unref()
  }

  /** Open pages get another point of their charts. */
  sampled(sample: PageSample): void {
    if (this.#watchers.size > 0) this.#write(message('sample', sample))
  }

  #startTicking(): void {
    if (this.#ticker !== undefined) return
    this.#ticker = this.#clock.setInterval(() => this.#tick(), TICK_MS)
    this.#ticker.unref()
  }

  #tick(): void {
    this.#send()
    if (this.#clock.monotonic() - this.#sentAt >= BEAT_MS) this.#write(message('beat', this.#clock.now()))
    if (this.#cluster.state === 'running') this.#page.latency.measure(this.#ended.signal)
  }

  #send(): void {
    if (this.#sent === undefined) return
    const now = this.#page.state()
    const patch = patchOf(this.#sent, now)
    this.#sent = now
    if (patch === undefined) return
    this.#write(message('patch', patch))
  }

  #write(text: string): void {
    this.#sentAt = this.#clock.monotonic()
    for (const watcher of this.#watchers) {
      if (watcher.writableLength > MAX_UNREAD_BYTES) watcher.destroy()
      else watcher.write(text)
    }
  }

  #rest(): void {
    this.#clock.clearInterval(this.#ticker)
    this.#clock.clearTimeout(this.#soon)
    this.#ended.abort()
    this.#ended = new AbortController()
    this.#ticker = undefined
    this.#soon = undefined
    this.#sent = undefined
  }
}

function message(event: string, value: unknown): string {
  // JSON has no line breaks of its own, so one data line holds it.
  return `event: ${event}\ndata: ${JSON.stringify(value)}\n\n`
}
