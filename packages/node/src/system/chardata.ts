import { Binary, type Term } from '@dynsrv/etf'

/** How the bytes of a binary are meant. */
export type Encoding = 'unicode' | 'latin1'

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of Erlang chardata: binaries, code points, and lists of them. Undefined for anything else. */
export function chardata(term: Term, encoding: Encoding): string | undefined {
  const pieces: string[] = []
  // A stack of our own: chardata may nest deeper than calls do.
  const open: Term[] = [term]
  while (open.length > 0) {
    const next = open.pop()
    if (Array.isArray(next)) {
      for (let index = next.length - 1; index >= 0; index--) open.push(next[index] as Term)
      continue
    }
    const text = typeof next === 'number' ? character(next) : textOf(next, encoding)
    if (text === undefined) return undefined
    pieces.push(text)
  }
  return pieces.join('')
}

/** Undefined for what is no character. */
function character(code: number): string | undefined {
  const known = Number.isInteger(code) && code >= 0 && code <= 0x10_ffff && !(code >= 0xd800 && code <= 0xdfff)
  return known ? String.fromCodePoint(code) : undefined
}

function textOf(term: Term, encoding: Encoding): string | undefined {
  if (typeof term === 'string') return term
  const bytes = term instanceof Binary ? term.toBytes() : term
  if (!(bytes instanceof Uint8Array)) return undefined
  if (encoding === 'latin1') return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  try {
    return UTF8.decode(bytes)
  } catch {
    return undefined
  }
}
