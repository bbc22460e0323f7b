import { ResolverError } from '../error.ts'
import { HEADER_BYTES, TYPE } from '../records/dns-numbers.ts'

const MAX_NAME_BYTES = 255
/** No sound encoder chains pointers: a few hops are generous, thousands are an attack on our time. */
const MAX_POINTERS = 32
const DOT = 0x2e
const BACKSLASH = 0x5c
/** A pointer has 14 bits, and cannot name what lies at or beyond this. */
const POINTER_REACH = 0x4000

/** Where the name in a record's data starts, for the types whose data is a name (and something before it). */
const NAME_AT: Readonly<Record<number, number>> = {
  [TYPE.NS]: 0,
  [TYPE.CNAME]: 0,
  [TYPE.SRV]: 6,
}
const DATA_BYTES: Readonly<Record<number, number>> = { [TYPE.A]: 4, [TYPE.AAAA]: 16 }

/** Whatever was asked, an answer is not understood without these. */
const ALWAYS_NEEDED: ReadonlySet<number> = new Set([TYPE.CNAME, TYPE.SOA, TYPE.OPT])
/** Others are of no use to us. */
const READ: ReadonlySet<number> = new Set([...ALWAYS_NEEDED, TYPE.A, TYPE.AAAA, TYPE.NS, TYPE.TXT, TYPE.SRV])
/** For private use: the codec takes the data of such a record as bytes. @see RFC 6895 §3.1 */
const PRIVATE_TYPE = 0xff00

/**
 * Walks a message before the codec reads it, so that the codec's time and memory are bounded by the message's size:
 * counts that the bytes cannot hold, names that leave the message, point forward, are too long or chain pointers, and
 * record data of the wrong length are refused.
 *
 * It forgives one fault: dnsmasq 2.90 writes pointers to targets beyond their reach into the additional section of long
 * answers. What we asked for stands whole before it, so that only this section is lost.
 *
 * A dot inside a label would make another name of it as text. It becomes a backslash, which no host name has either, so that
 * it costs no more than the record that it stands in.
 *
 * A record whose type was not asked for costs nothing but itself: when its data is malformed, or of a type that is not read at
 * all, it becomes one of a type for private use.
 *
 * @returns the message to read, and whether its additional section can be read too
 * @throws {ResolverError} `DNS_MALFORMED`
 * @see RFC 1035 §4.1
 */
export function soundMessage(bytes: Uint8Array): { readonly bytes: Uint8Array; readonly whole: boolean } {
  const edits: Edits = { dots: new Set(), leftOut: new Set() }
  const whole = checkBounds(bytes, edits)
  if (edits.dots.size === 0 && edits.leftOut.size === 0) return { bytes, whole }
  const changed = Uint8Array.from(bytes)
  for (const at of edits.dots) changed[at] = BACKSLASH
  for (const at of edits.leftOut) new DataView(changed.buffer).setUint16(at, PRIVATE_TYPE)
  // Names may share bytes with what is no name: what is read is what was checked.
  const left: Edits = { dots: new Set(), leftOut: new Set() }
  const changedWhole = checkBounds(changed, left)
  if (left.dots.size > 0) throw malformed('a dot inside a label')
  if (left.leftOut.size > 0) throw malformed('a name inside the fields of a record')
  return { bytes: changed, whole: changedWhole }
}

/** What is changed before a message is read. */
interface Edits {
  /** Where dots inside of labels are. */
  readonly dots: Set<number>
  /** Where the types of records are that are left out. */
  readonly leftOut: Set<number>
}

function checkBounds(bytes: Uint8Array, edits: Edits): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < HEADER_BYTES) throw malformed(`only ${bytes.length} bytes`)
  const questions = view.getUint16(4)
  const answers = view.getUint16(6)
  const additionals = view.getUint16(10)
  const records = answers + view.getUint16(8) + additionals
  if (HEADER_BYTES + questions * 5 + records * 11 > bytes.length) {
    throw malformed(`${questions} questions and ${records} records do not fit into ${bytes.length} bytes`)
  }
  let at = HEADER_BYTES
  const needed = new Set(ALWAYS_NEEDED)
  for (let index = 0; index < questions; index++) {
    at = nameEnd(bytes, at, edits.dots) + 4
    if (at > bytes.length) throw malformed('a question ends outside the message')
    needed.add(view.getUint16(at - 4))
  }
  at = checkRecords(view, bytes, at, records - additionals, needed, edits)
  try {
    checkRecords(view, bytes, at, additionals, needed, edits)
    return true
  } catch (error) {
    if (answers > 0 && at > POINTER_REACH) return false
    throw error
  }
}

/** @returns where the last of so many records ends */
function checkRecords(
  view: DataView,
  bytes: Uint8Array,
  start: number,
  count: number,
  needed: ReadonlySet<number>,
  { dots, leftOut }: Edits,
): number {
  let at = start
  for (let index = 0; index < count; index++) {
    const fixed = nameEnd(bytes, at, dots)
    if (fixed + 10 > bytes.length) throw malformed('a record ends outside the message')
    const type = view.getUint16(fixed)
    const length = view.getUint16(fixed + 8)
    at = fixed + 10 + length
    if (at > bytes.length) throw malformed('record data ends outside the message')
    if (type === PRIVATE_TYPE) continue
    if (!READ.has(type)) leftOut.add(fixed)
    else {
      try {
        checkData(bytes, type, fixed + 10, at, dots)
      } catch (error) {
        if (needed.has(type)) throw error
        leftOut.add(fixed)
      }
    }
  }
  return at
}

function checkData(bytes: Uint8Array, type: number, start: number, end: number, dots: Set<number>): void {
  const size = DATA_BYTES[type]
  if (size !== undefined && end - start !== size) throw malformed(`an address of ${end - start} bytes`)
  const nameAt = NAME_AT[type]
  if (nameAt !== undefined && (start + nameAt >= end || nameEnd(bytes, start + nameAt, dots) !== end)) {
    throw malformed('a name does not end where its record does')
  }
  if (type === TYPE.TXT) {
    let text = start
    while (text < end) text += 1 + bytes[text]!
    if (text !== end) throw malformed('a text ends outside of its record')
  }
  if (type === TYPE.SOA) {
    const mailbox = nameEnd(bytes, start, dots)
    // The first label of a mailbox may have dots.
    if (nameEnd(bytes, mailbox, undefined) + 20 !== end) throw malformed('a SOA record of the wrong length')
  }
}

/** Follows the name at `start` within the bounds; returns where it ends in the record itself. */
function nameEnd(bytes: Uint8Array, start: number, dots: Set<number> | undefined): number {
  let at = start
  let end: number | undefined
  let earliest = start
  let length = 1
  let pointers = 0
  for (;;) {
    const byte = bytes[at]
    if (byte === undefined) throw malformed('a name ends outside the message')
    if (byte === 0) return end ?? at + 1
    if (byte >= 0xc0) {
      const low = bytes[at + 1]
      if (low === undefined) throw malformed('a name ends outside the message')
      end ??= at + 2
      at = ((byte & 0x3f) << 8) | low
      if (at >= earliest) throw malformed('a compressed name points forward or into itself')
      if (++pointers > MAX_POINTERS) throw malformed(`a name of more than ${MAX_POINTERS} pointers`)
      earliest = at
    } else if (byte < 0x40) {
      length += byte + 1
      if (length > MAX_NAME_BYTES) throw malformed(`a name longer than ${MAX_NAME_BYTES} bytes`)
      const next = at + byte + 1
      if (dots !== undefined) {
        for (let each = at + 1; each < next; each++) if (bytes[each] === DOT) dots.add(each)
      }
      at = next
    } else {
      throw malformed('a label of an unknown kind')
    }
  }
}

function malformed(why: string): ResolverError {
  return new ResolverError('DNS_MALFORMED', `the answer is not a sound DNS message: ${why}`)
}
