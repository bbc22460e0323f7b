import { Binary, ImproperList, type Term } from '@dynsrv/etf'

/** How the bytes of a binary are meant. */
export type Encoding = 'unicode' | 'latin1'

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of Erlang chardata: binaries, code points, and lists of them. Undefined for anything else. */
export function chardata(term: Term, encoding: Encoding): string | undefined {
  const pieces: string[] = []
  // Binaries that follow each other may share a character.
  let bytes: Uint8Array[] = []
  const readBytes = (): boolean => {
    if (bytes.length === 0) return true
    const text = textOf(bytes.length === 1 ? bytes[0]! : Buffer.concat(bytes), encoding)
    bytes = []
    if (text === undefined) return false
    pieces.push(text)
    return true
  }
  // A stack of our own: chardata may nest deeper than calls do.
  const open: Term[] = [term]
  while (open.length > 0) {
    const next = open.pop()
    if (Array.isArray(next)) {
      pushAll(next as readonly Term[], open)
    } else if (next instanceof ImproperList) {
      // A number is no tail.
      if (typeof next.tail === 'number') return undefined
      open.push(next.tail)
      pushAll(next.elements, open)
    } else if (typeof next === 'number') {
      const text = readBytes() ? character(next) : undefined
      if (text === undefined) return undefined
      pieces.push(text)
    } else {
      const part = bytesOf(next)
      if (part === undefined) return undefined
      bytes.push(part)
    }
  }
  return readBytes() ? pieces.join('') : undefined
}

function pushAll(list: readonly Term[], open: Term[]): void {
  for (let index = list.length - 1; index >= 0; index--) open.push(list[index])
}

/** Undefined for what is no character. */
function character(code: number): string | undefined {
  const known = Number.isInteger(code) && code >= 0 && code <= 0x10_ffff && !(code >= 0xd800 && code <= 0xdfff)
  return known ? String.fromCodePoint(code) : undefined
}

function bytesOf(term: Term): Uint8Array | undefined {
  if (typeof term === 'string') return Buffer.from(term)
  if (term instanceof Binary) return term.toBytes()
  return term instanceof Uint8Array ? term : undefined
}

function textOf(bytes: Uint8Array, encoding: Encoding): string | undefined {
  if (encoding === 'latin1') return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  try {
    return UTF8.decode(bytes)
  } catch {
    return undefined
  }
}
