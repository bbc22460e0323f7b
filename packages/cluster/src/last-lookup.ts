import { type Clock, sameDomainName } from '@dynsrv/kit'
import type { SrvAnswer, SrvResolver } from '@dynsrv/srv-resolver'

/** What was asked last about a service, and what came of it. */
export interface LastLookup {
  /** The name that was asked. */
  readonly service: string
  /** The last good answer. */
  readonly answer?: SrvAnswer
  /** When that came, in milliseconds since 1970. */
  readonly answeredAt?: number
  /** How long it took, in milliseconds. */
  readonly elapsedMs?: number
  /** Why no answer came since. */
  readonly failure?: unknown
}

/** A resolver that remembers what it answered last about one service. */
export class RememberingResolver {
  /** The same resolver, to ask. */
  readonly resolver: Pick<SrvResolver, 'resolveSrv' | 'resolveAddresses' | 'resolveTxt'>
  #last: LastLookup

  constructor(service: string, resolver: SrvResolver, clock: Clock) {
    this.#last = { service }
    const resolveSrv: SrvResolver['resolveSrv'] = async (name, options) => {
      if (!sameDomainName(name, service)) return resolver.resolveSrv(name, options)
      const askedAt = clock.monotonic()
      try {
        const answer = await resolver.resolveSrv(name, options)
        this.#last = { service, answer, answeredAt: clock.now(), elapsedMs: clock.monotonic() - askedAt }
        return answer
      } catch (failure) {
        if (options?.signal?.aborted !== true) this.#last = { ...this.#last, failure }
        throw failure
      }
    }
    this.resolver = {
      resolveSrv,
      resolveAddresses: (name, options) => resolver.resolveAddresses(name, options),
      resolveTxt: (name, options) => resolver.resolveTxt(name, options),
      // One that pushes still pushes.
      ...('watchSrv' in resolver && { watchSrv: (resolver.watchSrv as () => unknown).bind(resolver) }),
    }
  }

  /** The last answer about the service, and why none came since. */
  get last(): LastLookup {
    return this.#last
  }
}
