import { isArray } from '../checks.ts'
import { Binary, ImproperList, type Term } from '../term.ts'
import { readUtf8 } from '../utf8.ts'

const encoder = new TextEncoder()

/** The bytes of a binary, whichever way it was decoded. */
export function bytesIn(term: Term): Uint8Array | undefined {
  if (term instanceof Uint8Array) return term
  if (term instanceof Binary) return term.toBytes()
  return typeof term === 'string' ? encoder.encode(term) : undefined
}

/** Runs over what is in nested lists, from left to right; false once a part is refused. It needs no call stack. */
function everyPart(term: Term, take: (part: Term) => boolean): boolean {
  const open: Term[] = [term]
  while (open.length > 0) {
    const part = open.pop()
    if (isArray(part)) {
      for (let index = part.length - 1; index >= 0; index--) open.push(part[index] as Term)
    } else if (part instanceof ImproperList) {
      // Only a binary may stand where a list ends.
      if (bytesIn(part.tail) === undefined) return false
      open.push(part.tail)
      for (let index = part.elements.length - 1; index >= 0; index--) open.push(part.elements[index])
    } else if (!take(part as Term)) return false
  }
  return true
}

/** All bytes of `iodata()`; undefined for something else. */
export function bytesOfIodata(term: Term): Uint8Array | undefined {
  const whole = bytesIn(term)
  if (whole !== undefined) return whole
  if (!isList(term)) return undefined
  const parts: Uint8Array[] = []
  const isIodata = everyPart(term, (part) => {
    const isByte = typeof part === 'number' && part >>> 0 === part && part <= 0xff
    const bytes = isByte ? Uint8Array.of(part) : bytesIn(part)
    if (bytes !== undefined) parts.push(bytes)
    return bytes !== undefined
  })
  return isIodata ? new Uint8Array(Buffer.concat(parts)) : undefined
}

/** The text of `unicode:chardata()`; undefined for something else. */
export function textOfChardata(term: Term): string | undefined {
  const whole = textIn(term)
  if (whole !== undefined) return whole
  if (!isList(term)) return undefined
  const parts: string[] = []
  const isChardata = everyPart(term, (part) => {
    const isChar = typeof part === 'number' && part >>> 0 === part && part <= 0x10ffff
    const text = isChar ? String.fromCodePoint(part) : textIn(part)
    if (text !== undefined) parts.push(text)
    return text !== undefined
  })
  return isChardata ? parts.join('') : undefined
}

export function isList(term: Term): boolean {
  return isArray(term) || term instanceof ImproperList
}

function textIn(term: Term): string | undefined {
  if (typeof term === 'string') return term
  const bytes = bytesIn(term)
  return bytes && readUtf8(bytes, 0, bytes.length)
}
