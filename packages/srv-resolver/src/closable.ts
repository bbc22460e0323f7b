import { addressOptions, lookupOptions, srvOptions } from './checks.ts'
import { ResolverError } from './error.ts'
import { withLinkedSignal } from './linked-signal.ts'
import { checkedName } from './records/dns-name.ts'
import type { ClosableResolver, SrvResolver } from './resolver.ts'

/** The end of a resolver: lookups under way and later ones reject with `DNS_CLOSED`. */
export class Closing {
  readonly #closed = new AbortController()

  get signal(): AbortSignal {
    return this.#closed.signal
  }

  /** Runs a lookup with a signal that aborts when the caller's does, or at the end. */
  during<T>(signal: AbortSignal | undefined, look: (either: AbortSignal) => Promise<T>): Promise<T> {
    return withLinkedSignal([signal, this.signal], look)
  }

  close(): void {
    this.#closed.abort(new ResolverError('DNS_CLOSED', 'the resolver is closed'))
  }
}

/** What every resolver can be asked. */
export type Lookups = Pick<SrvResolver, 'resolveSrv' | 'resolveAddresses' | 'resolveTxt'>

/** The same lookups, with checked arguments and an end. `release` gives back what they hold. */
export function closable(lookups: Lookups, release: () => void = () => undefined): ClosableResolver {
  const closing = new Closing()
  const close = () => {
    if (closing.signal.aborted) return
    closing.close()
    release()
  }
  return {
    async resolveSrv(name, options) {
      checkedName(name)
      const { signal, transport } = srvOptions(options)
      return closing.during(signal, (either) => lookups.resolveSrv(name, { signal: either, transport }))
    },
    async resolveAddresses(name, options) {
      checkedName(name)
      const { family, signal } = addressOptions(options)
      return closing.during(signal, (either) => lookups.resolveAddresses(name, { family, signal: either }))
    },
    async resolveTxt(name, options) {
      checkedName(name)
      const { signal } = lookupOptions(options)
      return closing.during(signal, (either) => lookups.resolveTxt(name, { signal: either }))
    },
    close,
    [Symbol.asyncDispose]: async () => close(),
  }
}
