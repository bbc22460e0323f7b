import { EventEmitter } from 'node:events'
import { type NodeName, parseNodeName } from '@dynsrv/epmd-shim'
import type { SrvAnswer, SrvResolver } from '@dynsrv/srv-resolver'
import { DynsrvError } from './error.ts'

/** Whole answers in a row that must lack our record before it counts as taken away. */
const ANSWERS_WITHOUT = 2

/** What was asked last about a service, and what came of it. */
export interface LastLookup {
  /** The name that was asked. */
  readonly service: string
  /** The last good answer. */
  readonly answer?: SrvAnswer
  /** When that came, as `Date.now()` tells it. */
  readonly answeredAt?: number
  /** How long it took, in milliseconds. */
  readonly elapsedMs?: number
  /** Why there was no answer since. */
  readonly failure?: unknown
}

/** What is asked of the resolver. */
type Source = Pick<SrvResolver, 'resolveSrv' | 'resolveAddresses' | 'resolveTxt'>

/**
 * Watches whether a service still names us.
 *
 * Whoever takes our record away wants us to leave: the others drop their links to us, and a node that went on dialling
 * would come back at once. So once our record was seen and is gone, nobody of this service is dialled until it is back.
 * A node that never had a record (a visitor) dials as it likes. `gone` is emitted each time that the record is taken away.
 */
export class OwnRecord extends EventEmitter<{ gone: [] }> {
  /** The same resolver; what it answers about the service is noticed on the way. */
  readonly resolver: Source
  readonly #service: string
  readonly #target: string
  #last: LastLookup
  #seen = false
  #answersWithout = 0

  constructor(self: NodeName, service: string, resolver: Source) {
    super()
    this.#service = service.toLowerCase()
    this.#last = { service }
    this.#target = `${parseNodeName(self).alive}.${service}`.toLowerCase()
    this.resolver = {
      resolveSrv: async (name, options) => {
        if (name.toLowerCase() !== this.#service) return resolver.resolveSrv(name, options)
        const askedAt = performance.now()
        let answer: SrvAnswer
        try {
          answer = await resolver.resolveSrv(name, options)
        } catch (failure) {
          if (options?.signal?.aborted !== true) this.#last = { ...this.#last, failure }
          throw failure
        }
        this.#last = { service, answer, answeredAt: Date.now(), elapsedMs: performance.now() - askedAt }
        this.#notice(answer)
        return answer
      },
      resolveAddresses: (name, options) => resolver.resolveAddresses(name, options),
      resolveTxt: (name, options) => resolver.resolveTxt(name, options),
    }
  }

  /** The last answer about the service, and why there was none since. */
  get lastLookup(): LastLookup {
    return this.#last
  }

  /** Whether a peer belongs to this service. */
  covers(peer: string): boolean {
    return peer.toLowerCase().endsWith(`@${this.#service}`)
  }

  /** Asks anew, for a peer that just dropped us: the reason may be that our record is gone. */
  async refresh(signal: AbortSignal): Promise<void> {
    if (!this.#seen) return
    // A failed lookup tells nothing, and nothing changes.
    await Promise.allSettled([this.resolver.resolveSrv(this.#service, { signal })])
  }

  /** @throws {DynsrvError} `DYNSRV_DEREGISTERED` while our record is gone */
  check(): void {
    if (!this.#seen || this.#answersWithout === 0) return
    throw new DynsrvError('DYNSRV_DEREGISTERED', `nobody is dialled: ${this.#target} is not in the zone any more`, {
      hint: 'Put the record back, or let this node leave.',
    })
  }

  #notice({ records, ignored = [], truncated, stale }: SrvAnswer): void {
    // A record of ours that cannot be used was not taken away.
    if ([...records, ...ignored].some(({ target }) => target.toLowerCase().replace(/\.$/, '') === this.#target)) {
      this.#seen = true
      this.#answersWithout = 0
    } else if (this.#seen && !truncated && !stale) {
      this.#answersWithout += 1
      if (this.#answersWithout === ANSWERS_WITHOUT) this.emit('gone')
    }
  }
}
