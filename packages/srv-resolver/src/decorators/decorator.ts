import { nameKey } from '../dns-name.ts'
import type { DnsAnswer, ResolveAddressesOptions, ResolveOptions, SrvResolver } from '../resolver.ts'

/** A lookup as a value, so that a decorator treats all three kinds alike. */
export interface Question {
  readonly kind: 'srv' | 'addresses' | 'txt'
  readonly name: string
  readonly family?: 4 | 6
  /** Equal for equal questions. */
  readonly key: string
}

/** Asks one resolver the question at hand. */
export type Ask<A> = (resolver: SrvResolver, signal: AbortSignal | undefined) => Promise<A>

/** What a decorator does around a lookup. */
export type Around = <A extends DnsAnswer<unknown>>(
  question: Question,
  ask: Ask<A>,
  signal: AbortSignal | undefined,
) => Promise<A>

/** A resolver of which each lookup goes through `around`. */
export function decorated(around: Around, close: () => void): SrvResolver & { close(): void } {
  return {
    resolveSrv: async (name, { signal }: ResolveOptions = {}) =>
      around(question('srv', name), (resolver, inner) => resolver.resolveSrv(name, withSignal(inner)), signal),
    resolveAddresses: async (name, { family, signal }: ResolveAddressesOptions = {}) =>
      around(
        question('addresses', name, family),
        (resolver, inner) =>
          resolver.resolveAddresses(name, { ...withSignal(inner), ...(family !== undefined && { family }) }),
        signal,
      ),
    resolveTxt: async (name, { signal }: ResolveOptions = {}) =>
      around(question('txt', name), (resolver, inner) => resolver.resolveTxt(name, withSignal(inner)), signal),
    close,
  }
}

export function withSignal(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}

function question(kind: Question['kind'], name: string, family?: 4 | 6): Question {
  // A trailing dot is kept apart: without it search domains may lead elsewhere.
  const key = `${kind} ${family ?? ''} ${nameKey(name)}${name.endsWith('.') ? '.' : ''}`
  return { kind, name, key, ...(family !== undefined && { family }) }
}
