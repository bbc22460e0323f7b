import { bound, duration, filledText, oneOf, optionsOf, type Rule, required, whole } from '@dynsrv/kit'
import { isWithin } from '../records/dns-name.ts'

/**
 * How a zone server misbehaves on demand.
 *
 * - `servfail`, `refused`, `formerr`, `notimp`, `nxdomain`, `nodata`: answers this, with any records
 * - `silence`: does not answer
 * - `garbage`: bytes that are not a DNS message, under the right id
 * - `wrongId`, `foreignName`: an answer to another question
 * - `loop`: a name whose compression pointer leads to itself
 * - `hugeCounts`: announces 65535 records and brings none
 * - `truncate`: sets TC on UDP and sends no records; with `records`, the first so many, as Consul does
 * - `trim`: leaves records out without setting TC, at random or from the end, as Consul does on UDP
 * - `rotate`: turns the order of the records by one with each answer; with `records`, shows only so many of them
 * - `delay`: answers late
 */
export type ZoneFault = ZoneFaultName | ZoneFaultSettings

/** The faults that a zone server can play. */
export type ZoneFaultName =
  | 'servfail'
  | 'refused'
  | 'formerr'
  | 'notimp'
  | 'nxdomain'
  | 'nodata'
  | 'silence'
  | 'garbage'
  | 'wrongId'
  | 'foreignName'
  | 'loop'
  | 'hugeCounts'
  | 'truncate'
  | 'rotate'

/** Which questions a fault hits. */
export interface ZoneFaultScope {
  /** Only questions for this name and below. */
  readonly name?: string
  /** Only questions for records of this kind. */
  readonly record?: 'SRV' | 'A' | 'AAAA' | 'TXT'
  /** Only over this transport; default `both`, but `udp` for `truncate` and `trim`. */
  readonly transport?: 'udp' | 'tcp' | 'both'
  /** Only so many answers, then all is well again. */
  readonly times?: number
}

/** A fault with its numbers, and which questions it hits. */
export type ZoneFaultSettings = ZoneFaultScope &
  (
    | { readonly type: Exclude<ZoneFaultName, 'rotate' | 'truncate'> }
    | { readonly type: 'rotate' | 'truncate'; readonly records?: number }
    | { readonly type: 'trim'; readonly records: number; readonly pick?: 'first' | 'random' }
    | { readonly type: 'delay'; readonly ms: number }
  )

const PLAIN: Readonly<Record<ZoneFaultName, true>> = {
  servfail: true,
  refused: true,
  formerr: true,
  notimp: true,
  nxdomain: true,
  nodata: true,
  silence: true,
  garbage: true,
  wrongId: true,
  foreignName: true,
  loop: true,
  hugeCounts: true,
  truncate: true,
  rotate: true,
}
/** What some faults take beside what all take. */
const OWN: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  rotate: { records: whole(1) },
  truncate: { records: whole(0) },
  trim: { records: required(whole(0)), pick: oneOf('first', 'random') },
  delay: { ms: required(duration()) },
}
const faultName = oneOf(...Object.keys(PLAIN))
const faultType = oneOf(...new Set([...Object.keys(PLAIN), ...Object.keys(OWN)]))
const SCOPE = {
  type: required(faultType),
  name: filledText,
  record: oneOf('SRV', 'A', 'AAAA', 'TXT'),
  transport: oneOf('udp', 'tcp', 'both'),
  times: bound,
}

/** How a fault is checked. */
export const zoneFault: Rule = {
  what: 'the name of a fault, or an object with its type',
  check: (value, at) => {
    if (typeof value === 'string') return faultName.check(value, at)
    const type = (value as { readonly type?: unknown } | null)?.type
    const own = typeof type === 'string' && Object.hasOwn(OWN, type) ? OWN[type] : {}
    return optionsOf<Record<string, unknown>>({ ...SCOPE, ...own }).check(value, at)
  },
}

/** The faults that are set, counted down as they strike. */
export class FaultPlan {
  readonly #faults: { readonly fault: ZoneFaultSettings; left: number }[]

  constructor(faults: readonly ZoneFault[]) {
    this.#faults = faults.map((fault) => {
      const settings: ZoneFaultSettings = typeof fault === 'string' ? { type: fault } : fault
      return { fault: settings, left: settings.times ?? Number.POSITIVE_INFINITY }
    })
  }

  /** The faults that this question meets. */
  strike(name: string, type: string | undefined, transport: 'udp' | 'tcp'): ZoneFaultSettings[] {
    const struck = this.#faults.filter(
      ({ fault, left }) =>
        left > 0 &&
        appliesTo(fault, transport) &&
        (fault.name === undefined || isWithin(name, fault.name)) &&
        (fault.record === undefined || fault.record === type),
    )
    for (const entry of struck) entry.left--
    return struck.map(({ fault }) => fault)
  }
}

function appliesTo(fault: ZoneFaultSettings, transport: 'udp' | 'tcp'): boolean {
  const usual = fault.type === 'truncate' || fault.type === 'trim' ? 'udp' : 'both'
  const meant = fault.transport ?? usual
  return meant === 'both' || meant === transport
}
