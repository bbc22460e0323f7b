import { callable, domainKey, listening, listOf, realWorld, whole } from '@dynsrv/kit'
import { askSrv } from '../ask.ts'
import { checks, resolverRule, srvSource } from '../checks.ts'
import { isResolverError } from '../error.ts'
import { forgetOldest } from '../forget-oldest.ts'
import { HEADER_BYTES } from '../records/dns-numbers.ts'
import type { AddressRecord, ClosableResolver, SrvAnswer, SrvRecord, SrvResolver, TrimReason } from '../resolver.ts'
import { decoratedSrv } from './decorator.ts'

/** Options of {@link trimDetecting}. */
export interface TrimDetectingOptions {
  /**
   * Asks the same servers over TCP; an answer over UDP that looks cut is compared with its. Default: the resolver itself, with
   * `transport: 'tcp'`.
   */
  readonly tcp?: SrvResolver
  /** Sizes at which servers cut, bytes; default 512 and 1232 (what `dnsClient` announces). */
  readonly sizes?: readonly number[]
  /** How many answers in a row have to agree before members may be missed again; default 4. */
  readonly window?: number
  /** Called when an answer is found to be cut. */
  readonly onTrimmed?: (event: TrimEvent) => void
  /** Names that are remembered; default 100. */
  readonly maxNames?: number
}

/** An answer that showed a part only: TCP had more, or it is marked with a {@link TrimReason}. */
export interface TrimEvent {
  readonly name: string
  readonly reason: TrimReason | 'contradicted'
  readonly server: string
  /** How many records the cut answer showed, and how many are known. */
  readonly shown: number
  readonly known: number
}

const check = checks.options<TrimDetectingOptions>('trimDetecting', {
  tcp: srvSource,
  sizes: listOf(whole(128, 65_535)),
  window: whole(2, 100),
  onTrimmed: callable,
  maxNames: whole(1),
})

/**
 * Finds SRV answers that a server cut without saying so, as Consul does over UDP.
 *
 * 1. An answer over UDP into which one more record would not have fitted is asked for again over TCP; if TCP knows more,
 *    TCP's answer is given.
 * 2. If TCP agrees or cannot be asked, the answer is marked `trimmed: 'size-limit'`: a forwarder may repeat a cut answer
 *    over TCP. A member that really left makes the answer smaller, so it loses the mark.
 * 3. Answers that contradict each other (each has members that the other lacks) within the last `window` ones are parts
 *    of one truth: all of what they show is given together, marked `trimmed: 'rotating'`.
 *
 * A marked answer may add members, and should not be taken as proof that somebody left. A cache belongs around this, not
 * below it: an answer that is repeated from a cache agrees with itself.
 *
 * @throws {ResolverError} `DNS_BAD_OPTION`
 */
export function trimDetecting(resolver: SrvResolver, options: TrimDetectingOptions = {}): ClosableResolver {
  checks.argument('trimDetecting', 'resolver', resolverRule, resolver)
  check(options)
  const { tcp, sizes = [512, 1232], window = 4, maxNames = 100 } = options
  const onTrimmed = listening(realWorld.system, { name: 'onTrimmed', code: 'DNS_LISTENER_THREW' }, options.onTrimmed)
  const histories = new Map<string, Shown[]>()

  const remember = (name: string, answer: SrvAnswer): readonly Shown[] => {
    const key = domainKey(name)
    const before = (histories.get(key) ?? []).slice(1 - window)
    const history = [...before, shown(answer, before)]
    histories.delete(key)
    histories.set(key, history)
    forgetOldest(histories, maxNames)
    return history
  }

  const verified = async (name: string, answer: SrvAnswer, signal: AbortSignal | undefined): Promise<SrvAnswer> => {
    if (answer.transport !== 'udp' || answer.truncated || !isNearLimit(name, answer, sizes)) return answer
    let second: SrvAnswer | undefined
    try {
      second = await askSrv(tcp ?? resolver, name, { signal, transport: 'tcp' })
    } catch (error) {
      signal?.throwIfAborted()
      if (!isResolverError(error)) throw error
    }
    const [one, other] = [identities(answer), second === undefined ? undefined : identities(second)]
    if (second !== undefined && other !== undefined && !contains(one, other)) {
      const { server } = answer
      // Each has what the other lacks: TCP shows a part as well.
      if (!contains(other, one)) remember(name, answer)
      onTrimmed({ name, reason: 'contradicted', server, shown: answer.records.length, known: second.records.length })
      return second
    }
    return { ...answer, trimmed: 'size-limit' }
  }

  const resolveSrv: SrvResolver['resolveSrv'] = async (name, { signal, transport } = {}) => {
    const first = await askSrv(resolver, name, { signal, transport })
    const answer = await verified(name, first, signal)
    const history = answer.stale ? [] : remember(name, answer)
    const whole = isRotating(history) ? { ...union(history), trimmed: 'rotating' as const } : answer
    if (whole.trimmed !== undefined) {
      const { trimmed: reason, server } = whole
      onTrimmed({ name, reason, server, shown: first.records.length, known: whole.records.length })
    }
    return whole
  }
  return decoratedSrv(resolver, resolveSrv, tcp === undefined ? [] : [tcp])
}

/** Whether one more record of the same size would have gone over a size at which servers cut. */
function isNearLimit(name: string, { messageBytes, records }: SrvAnswer, sizes: readonly number[]): boolean {
  if (messageBytes === undefined || records.length === 0) return false
  const perRecord = (messageBytes - HEADER_BYTES - name.length) / records.length
  return sizes.some((size) => messageBytes <= size && messageBytes + perRecord > size)
}

function identity({ target, port }: SrvRecord): string {
  return `${domainKey(target)}:${port}`
}

function identities({ records }: SrvAnswer): ReadonlySet<string> {
  return new Set(records.map(identity))
}

function contains(outer: ReadonlySet<string>, inner: ReadonlySet<string>): boolean {
  if (inner.size > outer.size) return false
  for (const one of inner) if (!outer.has(one)) return false
  return true
}

/** An answer of the window, and which older ones it contradicts, by their serial. */
interface Shown {
  readonly serial: number
  readonly answer: SrvAnswer
  readonly known: ReadonlySet<string>
  readonly contradicts: readonly number[]
}

/** Neighbours that only gain or only lose members show joins and leaves; anything else shows parts of one truth. */
function shown(answer: SrvAnswer, before: readonly Shown[]): Shown {
  const known = identities(answer)
  const contradicts = before.filter((older) => !contains(known, older.known) && !contains(older.known, known))
  const serial = (before.at(-1)?.serial ?? 0) + 1
  return { serial, answer, known, contradicts: contradicts.map((older) => older.serial) }
}

function isRotating(history: readonly Shown[]): boolean {
  const oldest = history[0]?.serial ?? 0
  return history.some(({ contradicts }) => contradicts.some((serial) => serial >= oldest))
}

/** All that the answers show, the newest one's version of each. */
function union(history: readonly Shown[]): SrvAnswer {
  const records = new Map<string, SrvRecord>()
  const addresses = new Map<string, readonly AddressRecord[]>()
  for (const { answer } of history) {
    for (const record of answer.records) records.set(identity(record), record)
    for (const [target, found] of answer.addresses) addresses.set(target, found)
  }
  const { empty: _empty, ...newest } = history.at(-1)!.answer
  return { ...newest, records: [...records.values()], addresses }
}
