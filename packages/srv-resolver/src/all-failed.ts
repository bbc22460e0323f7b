import { ResolverError, type ResolverErrorCode } from './error.ts'

const SILENT: ReadonlySet<ResolverErrorCode> = new Set(['DNS_TIMEOUT', 'DNS_UNREACHABLE'])

/**
 * One error for several attempts, with the code and the hint of the most telling one: what a server said tells more than
 * that another said nothing. A failure of another kind than ours (an abort, a fault of the program) goes through as it is.
 *
 * @param told what came of them, from their messages
 */
export function allFailed(failures: readonly unknown[], told: (messages: string) => string): unknown {
  const [first] = failures
  if (failures.length === 1 && !(first instanceof ResolverError)) return first
  const ours = failures.filter((failure) => failure instanceof ResolverError)
  const telling = ours.find(({ code }) => !SILENT.has(code)) ?? ours[0]
  if (telling === undefined) return first
  const messages = new Set(failures.map((failure) => (failure instanceof Error ? failure.message : String(failure))))
  return new ResolverError(telling.code, told([...messages].join('; ')), {
    hint: telling.hint,
    server: telling.server,
    retryable: ours.some(({ retryable }) => retryable),
    cause: failures.length === 1 ? telling : new AggregateError(failures, 'every attempt failed'),
  })
}
