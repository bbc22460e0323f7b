import { messageOf } from '@dynsrv/kit'
import { isResolverError, ResolverError, type ResolverErrorCode } from './error.ts'

const SILENT: ReadonlySet<ResolverErrorCode> = new Set(['DNS_TIMEOUT', 'DNS_UNREACHABLE'])

/**
 * One error for several attempts. It has the code and the hint of an attempt that a server answered; without one, those of
 * an attempt that met silence. Any other failure (an abort, a fault of the program) goes through as it is.
 *
 * @param sentence makes the message of it, from the messages of the attempts
 */
export function allFailed(failures: readonly unknown[], sentence: (messages: string) => string): unknown {
  const [first] = failures
  if (failures.length === 1 && !isResolverError(first)) return first
  const ours = failures.filter(isResolverError)
  const answered = ours.find(({ code }) => !SILENT.has(code)) ?? ours[0]
  if (answered === undefined) return first
  const messages = new Set(failures.map(messageOf))
  return new ResolverError(answered.code, sentence([...messages].join('; ')), {
    hint: answered.hint,
    server: answered.server,
    retryable: ours.some(({ retryable }) => retryable),
    cause: failures.length === 1 ? answered : new AggregateError(failures, 'every attempt failed'),
  })
}
