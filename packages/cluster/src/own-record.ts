import { EventEmitter } from 'node:events'
import type { NodeName } from '@dynsrv/epmd-shim'
import { type Clock, domainKey, sameDomainName } from '@dynsrv/kit'
import type { SrvAnswer, SrvResolver } from '@dynsrv/srv-resolver'
import { DynsrvError } from './error.ts'

/** Whole answers in a row that must lack our record before it counts as removed. */
const ANSWERS_WITHOUT = 2

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

/** What is asked of the resolver. */
type Source = Pick<SrvResolver, 'resolveSrv' | 'resolveAddresses' | 'resolveTxt'>

/**
 * Watches whether a service still names us.
 *
 * A removed record means that we should leave: the others drop their links to us, and a node that went on dialling would
 * come back at once. So once our record was seen and is gone, we dial no peer of this service until it is back. A node
 * that never had a record (a visitor) dials as it likes. `gone` is emitted each time that the record is removed.
 */
export class OwnRecord extends EventEmitter<{ gone: [] }> {
  /** The same resolver; what it answers about the service is noticed on the way. */
  readonly resolver: Source
  readonly #service: string
  readonly #target: string
  #last: LastLookup
  #seen = false
  #answersWithout = 0

  constructor(self: NodeName, service: string, resolver: Source, clock: Clock) {
    super()
    this.#service = domainKey(service)
    this.#last = { service }
    this.#target = domainKey(`${self.slice(0, self.indexOf('@'))}.${service}`)
    this.resolver = {
      resolveSrv: async (name, options) => {
        if (!sameDomainName(name, this.#service)) return resolver.resolveSrv(name, options)
        const askedAt = clock.monotonic()
        let answer: SrvAnswer
        try {
          answer = await resolver.resolveSrv(name, options)
        } catch (failure) {
          if (options?.signal?.aborted !== true) this.#last = { ...this.#last, failure }
          throw failure
        }
        this.#last = { service, answer, answeredAt: clock.now(), elapsedMs: clock.monotonic() - askedAt }
        this.#notice(answer)
        return answer
      },
      resolveAddresses: (name, options) => resolver.resolveAddresses(name, options),
      resolveTxt: (name, options) => resolver.resolveTxt(name, options),
    }
  }

  /** The last answer about the service, and why none came since. */
  get lastLookup(): LastLookup {
    return this.#last
  }

  /** Whether a peer belongs to this service. */
  covers(peer: string): boolean {
    return peer.toLowerCase().endsWith(`@${this.#service}`)
  }

  /** Asks again, for a peer that just dropped us: perhaps our record is gone. */
  async refresh(signal: AbortSignal): Promise<void> {
    if (!this.#seen) return
    // A failed lookup says nothing, and nothing changes.
    await Promise.allSettled([this.resolver.resolveSrv(this.#service, { signal })])
  }

  /** @throws {DynsrvError} `DYNSRV_DEREGISTERED` while our record is gone */
  check(): void {
    if (!this.#seen || this.#answersWithout === 0) return
    throw new DynsrvError('DYNSRV_DEREGISTERED', `not connecting: DNS no longer lists ${this.#target}`)
  }

  #notice({ records, ignored = [], truncated, stale }: SrvAnswer): void {
    // Our record is there, even if it cannot be used.
    if ([...records, ...ignored].some(({ target }) => sameDomainName(target, this.#target))) {
      this.#seen = true
      this.#answersWithout = 0
    } else if (this.#seen && !truncated && !stale) {
      this.#answersWithout += 1
      if (this.#answersWithout === ANSWERS_WITHOUT) this.emit('gone')
    }
  }
}
