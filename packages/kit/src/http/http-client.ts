// biome-ignore lint/plugin: it speaks HTTP over a socket that it is given
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { codeOf, messageOf } from '../error.ts'
import { withinHeap } from '../read-some.ts'
import type { Timer } from '../world/clock.ts'
import type { World } from '../world/world.ts'

/** Why a request has no answer that can be used. */
export interface HttpFault {
  /** `late`: no answer in time. `unreachable`: no connection, or one that broke. `malformed`: too long, or no JSON. */
  readonly kind: 'late' | 'unreachable' | 'malformed'
  /** What the server did, as the rest of a sentence that begins with it: `did not answer within 500 ms`. */
  readonly what: string
  readonly cause?: unknown
}

/** A GET. */
export interface HttpRequest {
  /** Credentials in it are sent as HTTP Basic. No fault shows them. */
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  /** For `https:`, the certificates to trust, in PEM; default: those of Node. */
  readonly ca?: string | undefined
  readonly signal: AbortSignal
  /** How long the whole answer may take; for `lines`, how long the server may be silent. Milliseconds. */
  readonly timeoutMs: number
}

/** An answer, as soon as its status is known. Read its body once, or close it. */
export interface HttpAnswer {
  readonly status: number
  /** A header by its name in lower case. */
  header(name: string): string | undefined
  /** The whole body as text, at most 64 MiB, or a 64th of V8's heap. */
  text(): Promise<string>
  /** The whole body as JSON. */
  json(): Promise<unknown>
  /** The lines of a body that goes on, each as soon as it is whole, at most 4 MiB. Ends with the body. */
  lines(): AsyncGenerator<string, void>
  /** Ends the connection; the rest of the body is not read. */
  close(): void
}

/**
 * Sends a GET and gives the answer, with any status.
 *
 * @throws the signal's reason when it aborts; else what the client makes of the {@link HttpFault}
 */
export type HttpGet = (request: HttpRequest) => Promise<HttpAnswer>

// What JSON becomes takes up to thirty times its bytes: more than this share of the heap could end the process.
const MAX_BODY_BYTES = withinHeap(64 * 1024 * 1024)
const MAX_LINE_BYTES = 4 * 1024 * 1024
const LINE_END = 0x0a

/**
 * A small HTTP client on the sockets of a world: one connection for each request, bounded bodies, no redirects.
 *
 * @param refuse makes the package's own error of a fault
 */
export function httpClient(
  world: Pick<World, 'clock' | 'network'>,
  refuse: (fault: HttpFault, url: URL) => Error,
): HttpGet {
  return (request) => new Exchange(world, request, (fault) => refuse(fault, request.url)).answered()
}

/** One request and its answer. */
class Exchange implements HttpAnswer {
  readonly #world: Pick<World, 'clock' | 'network'>
  readonly #request: HttpRequest
  readonly #refuse: (fault: HttpFault) => Error
  readonly #ended = new AbortController()
  #timer: Timer | undefined
  #response!: IncomingMessage

  constructor(world: Pick<World, 'clock' | 'network'>, request: HttpRequest, refuse: (fault: HttpFault) => Error) {
    this.#world = world
    this.#request = request
    this.#refuse = refuse
  }

  get status(): number {
    return this.#response.statusCode ?? 0
  }

  header(name: string): string | undefined {
    const value = this.#response.headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }

  async answered(): Promise<this> {
    const { signal } = this.#request
    signal.throwIfAborted()
    signal.addEventListener('abort', this.#abort, { once: true })
    this.#limit()
    try {
      this.#response = await this.#send()
      return this
    } catch (cause) {
      throw this.#failure(cause)
    }
  }

  async text(): Promise<string> {
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of this.#chunks()) {
      bytes += chunk.length
      if (bytes > MAX_BODY_BYTES) throw this.#malformed(`answered more than ${MAX_BODY_BYTES} bytes`)
      chunks.push(chunk)
    }
    return Buffer.concat(chunks).toString()
  }

  async json(): Promise<unknown> {
    const text = await this.text()
    try {
      return JSON.parse(text) as unknown
    } catch (cause) {
      throw this.#malformed('answered no JSON', cause)
    }
  }

  async *lines(): AsyncGenerator<string, void> {
    let parts: Buffer[] = []
    let bytes = 0
    for await (const chunk of this.#chunks()) {
      this.#limit()
      let start = 0
      for (let end = chunk.indexOf(LINE_END); end !== -1; end = chunk.indexOf(LINE_END, start)) {
        parts.push(chunk.subarray(start, end))
        yield Buffer.concat(parts).toString()
        parts = []
        bytes = 0
        start = end + 1
      }
      parts.push(chunk.subarray(start))
      bytes += chunk.length - start
      if (bytes > MAX_LINE_BYTES) throw this.#malformed(`sent a line of more than ${MAX_LINE_BYTES} bytes`)
    }
  }

  close(): void {
    this.#world.clock.clearTimeout(this.#timer)
    this.#request.signal.removeEventListener('abort', this.#abort)
    this.#ended.abort()
  }

  readonly #abort = () => this.#ended.abort(this.#request.signal.reason)

  /** Starts the time limit, or starts it anew. */
  #limit(): void {
    const { clock } = this.#world
    const { timeoutMs } = this.#request
    clock.clearTimeout(this.#timer)
    this.#timer = clock.setTimeout(() => {
      this.#ended.abort(this.#refuse({ kind: 'late', what: `did not answer within ${timeoutMs} ms` }))
    }, timeoutMs)
  }

  #send(): Promise<IncomingMessage> {
    const { url, headers } = this.#request
    const secure = url.protocol === 'https:'
    const { signal } = this.#ended
    return new Promise((resolve, reject) => {
      const request = httpRequest({
        host: hostOf(url),
        port: url.port || (secure ? 443 : 80),
        defaultPort: secure ? 443 : 80,
        path: `${url.pathname}${url.search}`,
        headers: { accept: 'application/json', ...basicAuth(url), ...headers },
        createConnection: () => this.#connect(secure),
      })
      const end = () => request.destroy(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
      signal.addEventListener('abort', end, { once: true })
      request.once('response', resolve)
      // Without this, Node leaves a connection that the server takes for another protocol to nobody, and nothing comes any more.
      request.once('upgrade', ({ statusCode }, socket) => {
        socket.destroy()
        this.#ended.abort(
          this.#malformed(`answered ${statusCode}: it changes to another protocol, which nobody asked for`),
        )
        reject(this.#ended.signal.reason)
      })
      // Not once: a connection may break after the answer has begun, which the reader of the body then sees.
      request.on('error', reject)
      request.end()
    })
  }

  #connect(secure: boolean) {
    const { network } = this.#world
    const { url, ca } = this.#request
    const host = hostOf(url)
    const port = Number(url.port || (secure ? 443 : 80))
    if (!secure) return network.connect({ host, port })
    return network.connectTls({
      host,
      port,
      ALPNProtocols: ['http/1.1'],
      ...(isIP(host) === 0 && { servername: host }),
      ...(ca !== undefined && { ca }),
    })
  }

  async *#chunks(): AsyncGenerator<Buffer, void> {
    try {
      for await (const chunk of this.#response) yield chunk as Buffer
    } catch (cause) {
      throw this.#failure(cause)
    } finally {
      this.close()
    }
  }

  /** Why it ended: the signal or the time limit before what the socket says of it. */
  #failure(cause: unknown): unknown {
    const { aborted, reason } = this.#ended.signal
    this.close()
    return aborted ? reason : this.#refuse({ kind: 'unreachable', what: `failed: ${reasonOf(cause)}`, cause })
  }

  #malformed(what: string, cause?: unknown): Error {
    return this.#refuse({ kind: 'malformed', what, ...(cause !== undefined && { cause }) })
  }
}

/** A host as sockets take it: an IPv6 address without its brackets. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '')
}

function basicAuth({ username, password }: URL): { readonly authorization?: string } {
  if (username === '' && password === '') return {}
  const credentials = [username, password].map(percentDecoded).join(':')
  return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    // A percent sign that encodes nothing stands for itself.
    if (error instanceof URIError) return text
    throw error
  }
}

/** The system's code where there is one: the message of a failed connection to several addresses is empty. */
function reasonOf(cause: unknown): string {
  return codeOf(cause) ?? messageOf(cause)
}
