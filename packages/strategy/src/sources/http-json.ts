import { type IncomingMessage, request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { withoutSecrets } from '@dynsrv/srv-resolver'
import { StrategyError } from '../error.ts'

/** A GET of JSON. */
export interface HttpRequest {
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  /** Certificates to trust, PEM. */
  readonly ca?: string | undefined
  readonly signal: AbortSignal
  /** Time without a byte, in milliseconds. */
  readonly timeoutMs: number
}

const MAX_BODY_BYTES = 64 * 1024 * 1024
/** An object of Kubernetes is smaller than the 1.5 MiB that its store takes. */
const MAX_LINE_BYTES = 4 * 1024 * 1024
const LINE_END = 0x0a

/**
 * Opens a GET and gives the answer once its status is known to be 200.
 *
 * @throws {StrategyError} `STRATEGY_SOURCE_REFUSED` for 401 and 403, `STRATEGY_SOURCE_UNREACHABLE` for the rest
 */
export function httpGet({ url, headers, ca, signal, timeoutMs }: HttpRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { headers: { accept: 'application/json', ...headers }, signal, ...(ca !== undefined && { ca }) }
    const answered = (response: IncomingMessage) => {
      const { statusCode = 0 } = response
      if (statusCode === 200) return resolve(response)
      // What it says besides may be without end.
      response.destroy()
      reject(refusal(url, statusCode))
    }
    try {
      const request = (url.protocol === 'https:' ? tlsRequest : plainRequest)(url, options, answered)
      request.setTimeout(timeoutMs, () => request.destroy(new Error(`no answer within ${timeoutMs / 1_000} s`)))
      request.on('error', (cause) => reject(signal.aborted ? signal.reason : unreachable(url, cause)))
      request.end()
    } catch (cause) {
      // A header that no request can carry, such as a token with a line end in it.
      reject(unreachable(url, cause))
    }
  })
}

/** The answer's body as JSON. */
export async function httpJson(request: HttpRequest): Promise<unknown> {
  const response = await httpGet(request)
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > MAX_BODY_BYTES) throw new Error(`the answer is longer than ${MAX_BODY_BYTES} bytes`)
      chunks.push(chunk)
    }
  } catch (cause) {
    request.signal.throwIfAborted()
    throw unreachable(request.url, cause)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString()) as unknown
  } catch (cause) {
    throw malformed(request.url, 'it is no JSON', cause)
  }
}

/**
 * The lines of an answer that goes on, each as soon as it is whole.
 *
 * @throws {StrategyError} `STRATEGY_SOURCE_MALFORMED` for a line that is too long; what the connection ends with
 */
export async function* linesOf(url: URL, response: IncomingMessage): AsyncGenerator<string, void> {
  let parts: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
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
    if (bytes > MAX_LINE_BYTES) throw malformed(url, `it has a line of more than ${MAX_LINE_BYTES} bytes`)
  }
}

/** An answer that has not the documented shape. */
export function malformed(url: URL, why: string, cause?: unknown): StrategyError {
  const hint = 'Look whether this is the right server and path.'
  return new StrategyError('STRATEGY_SOURCE_MALFORMED', `the answer of ${shown(url)} is not understood: ${why}`, {
    hint,
    cause,
  })
}

function refusal(url: URL, status: number): StrategyError {
  if (status !== 401 && status !== 403) {
    const hint = 'Look at the log of that server.'
    return new StrategyError('STRATEGY_SOURCE_UNREACHABLE', `${shown(url)} answered ${status}`, {
      hint,
      retryable: true,
    })
  }
  const hint = 'Give this process a token or a role that may read there.'
  return new StrategyError('STRATEGY_SOURCE_REFUSED', `${shown(url)} answered ${status}: not allowed`, { hint })
}

function unreachable(url: URL, cause: unknown): StrategyError {
  const why = cause instanceof Error ? cause.message : String(cause)
  const hint = 'Look whether its address is right and its server is up.'
  return new StrategyError('STRATEGY_SOURCE_UNREACHABLE', `${shown(url)} failed: ${why}`, {
    hint,
    retryable: true,
    cause,
  })
}

function shown(url: URL): string {
  return withoutSecrets(url.href)
}
