import { type HttpAnswer, type HttpRequest, httpClient, type World, withoutSecrets } from '@dynsrv/kit'
import { StrategyError, type StrategyErrorCode } from '../error.ts'

/** A GET of JSON, from a world. */
export interface JsonRequest extends HttpRequest {
  readonly world: World
}

const CODES = {
  late: 'STRATEGY_SOURCE_UNREACHABLE',
  unreachable: 'STRATEGY_SOURCE_UNREACHABLE',
  malformed: 'STRATEGY_SOURCE_MALFORMED',
} as const satisfies Record<string, StrategyErrorCode>

/**
 * Sends a GET and gives the answer as soon as its status is known to be 200.
 *
 * @throws {StrategyError} `STRATEGY_SOURCE_REFUSED` for 401 and 403, `STRATEGY_SOURCE_UNREACHABLE` for other failures; the
 *   signal's reason when it aborts. No message shows credentials or the query of the URL.
 */
export async function httpGet({ world, ...request }: JsonRequest): Promise<HttpAnswer> {
  const get = httpClient(world, ({ kind, what, cause }, url) => {
    return new StrategyError(CODES[kind], `${shownUrl(url)} ${what}`, { cause })
  })
  const answer = await get(request)
  if (answer.status === 200) return answer
  // The body may be without end.
  answer.close()
  throw refusal(request.url, answer.status)
}

/** The body of the answer as JSON. @throws {StrategyError} as {@link httpGet}; `STRATEGY_SOURCE_MALFORMED` */
export async function httpJson(request: JsonRequest): Promise<unknown> {
  const answer = await httpGet(request)
  return answer.json()
}

/** An answer that does not have the documented form. */
export function malformed(url: URL, why: string, cause?: unknown): StrategyError {
  return new StrategyError('STRATEGY_SOURCE_MALFORMED', `the answer of ${shownUrl(url)} is not understood: ${why}`, {
    hint: 'Check that this is the right server and path.',
    cause,
  })
}

function refusal(url: URL, status: number): StrategyError {
  if (status === 401 || status === 403) {
    return new StrategyError('STRATEGY_SOURCE_REFUSED', `${shownUrl(url)} answered ${status}: not allowed`)
  }
  return new StrategyError('STRATEGY_SOURCE_UNREACHABLE', `${shownUrl(url)} answered ${status}`, {
    hint: 'Look at the log of that server.',
  })
}

function shownUrl(url: URL): string {
  return withoutSecrets(url.href)
}
