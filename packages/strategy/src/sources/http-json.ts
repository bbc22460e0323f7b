import { type IncomingMessage, request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
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

/**
 * Opens a GET and gives the answer once its status is known to be 200.
 *
 * @throws {StrategyError} `STRATEGY_SOURCE_REFUSED` for 401 and 403, `STRATEGY_SOURCE_UNREACHABLE` for the rest
 */
export function httpGet({ url, headers, ca, signal, timeoutMs }: HttpRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? tlsRequest : plainRequest
    const options = { headers: { accept: 'application/json', ...headers }, signal, ...(ca !== undefined && { ca }) }
    const request = send(url, options, (response) => {
      const { statusCode = 0 } = response
      if (statusCode === 200) return resolve(response)
      response.resume()
      reject(refusal(url, statusCode))
    })
    request.setTimeout(timeoutMs, () => request.destroy(new Error(`no answer within ${timeoutMs / 1_000} s`)))
    request.on('error', (cause) => reject(signal.aborted ? signal.reason : unreachable(url, cause)))
    request.end()
  })
}

/** The answer's body as JSON, and its headers. */
export async function httpJson(request: HttpRequest): Promise<{ body: unknown; headers: IncomingMessage['headers'] }> {
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
    return { body: JSON.parse(Buffer.concat(chunks).toString()) as unknown, headers: response.headers }
  } catch (cause) {
    throw malformed(request.url, 'it is no JSON', cause)
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

/** Without the query, which may hold secrets. */
function shown({ origin, pathname }: URL): string {
  return `${origin}${pathname}`
}
