import { duration, oneOf, optionsOf, type Rule, required, whole } from '@dynsrv/kit'

/**
 * How a registry with an HTTP API misbehaves.
 *
 * - `error`: answers with HTTP 500, or another status
 * - `silence`: takes a question and never answers
 * - `cut`: ends the connection in the middle of an answer, and those of questions that wait
 * - `empty`: has no members
 * - `stale`: answers what was there when the fault began, and reports no change; Consul says that it has no leader
 * - `indexReset`: the index of Consul, and the resource version of Kubernetes, begin again, as after a restore
 * - `delay`: answers late
 */
export type RegistryFault =
  | 'error'
  | 'silence'
  | 'cut'
  | 'empty'
  | 'stale'
  | 'indexReset'
  | { readonly type: 'error'; readonly status: number }
  | { readonly type: 'delay'; readonly ms: number }

const NAMES = ['error', 'silence', 'cut', 'empty', 'stale', 'indexReset'] as const
const named = oneOf(...NAMES)
const OWN = {
  error: { type: required(oneOf('error')), status: required(whole(400, 599)) },
  delay: { type: required(oneOf('delay')), ms: required(duration()) },
} as const

/** How a fault is checked. */
export const registryFault: Rule = {
  what: 'the name of a fault, or an object with its type',
  check: (value, at) => {
    if (typeof value === 'string') return named.check(value, at)
    const type = (value as { readonly type?: unknown } | null)?.type
    return optionsOf<Record<string, unknown>>(type === 'error' ? OWN.error : OWN.delay).check(value, at)
  },
}
