import { domainKey } from '@dynsrv/kit'
import { askAddresses, askSrv, askTxt } from '../ask.ts'
import { closable } from '../closable.ts'
import type { ClosableResolver, DnsAnswer, SrvResolver } from '../resolver.ts'

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

/** A resolver of which each lookup goes through `around`, and whose end is the end of the resolvers that it asks. */
export function decorated(around: Around, sources: readonly SrvResolver[]): ClosableResolver {
  return closable(
    {
      resolveSrv: (name, { signal, transport } = {}) =>
        around(
          question('srv', name, transport),
          (resolver, inner) => askSrv(resolver, name, { signal: inner, transport }),
          signal,
        ),
      resolveAddresses: (name, { family, signal } = {}) =>
        around(
          question('addresses', name, family),
          (resolver, inner) => askAddresses(resolver, name, { family, signal: inner }),
          signal,
        ),
      resolveTxt: (name, { signal } = {}) =>
        around(
          question('txt', name, undefined),
          (resolver, inner) => askTxt(resolver, name, { signal: inner }),
          signal,
        ),
    },
    () => closeAll(sources),
  )
}

/** The same for a decorator of SRV answers only. */
export function decoratedSrv(
  resolver: SrvResolver,
  resolveSrv: SrvResolver['resolveSrv'],
  others: readonly SrvResolver[] = [],
): ClosableResolver {
  return closable(
    {
      resolveSrv,
      resolveAddresses: (name, lookUp) => askAddresses(resolver, name, lookUp),
      resolveTxt: (name, lookUp) => askTxt(resolver, name, lookUp),
    },
    () => closeAll([resolver, ...others]),
  )
}

function closeAll(resolvers: readonly SrvResolver[]): void {
  for (const resolver of resolvers) resolver.close?.()
}

/** `how` tells questions apart that may get another answer about the same name. */
function question(kind: Question['kind'], name: string, how: 4 | 6 | 'tcp' | undefined): Question {
  // A trailing dot is kept apart: without it search domains may lead elsewhere.
  const key = `${kind} ${how ?? ''} ${domainKey(name)}${name.endsWith('.') ? '.' : ''}`
  return { kind, name, key, ...(typeof how === 'number' && { family: how }) }
}
