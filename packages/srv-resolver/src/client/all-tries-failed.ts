import { ResolverError, type ResolverErrorCode } from '../error.ts'
import type { QuestionType } from './dns-message.ts'

const SILENT: ReadonlySet<ResolverErrorCode> = new Set(['DNS_TIMEOUT', 'DNS_UNREACHABLE'])

/** One error for all attempts at all servers; what a server said tells more than that another said nothing. */
export function allTriesFailed(
  name: string,
  type: QuestionType,
  failures: readonly ResolverError[],
  tries: number,
): ResolverError {
  const telling = failures.find(({ code }) => !SILENT.has(code)) ?? failures[0]!
  const each = [...new Set(failures.map((failure) => failure.message))].join('; ')
  const times = tries > 1 ? ` (${tries} tries)` : ''
  return new ResolverError(telling.code, `no answer for ${type} ${name}: ${each}${times}`, {
    hint: telling.hint,
    retryable: failures.some(({ retryable }) => retryable),
    server: telling.server,
    cause: failures.length === 1 ? telling : new AggregateError(failures, 'every try failed'),
  })
}
