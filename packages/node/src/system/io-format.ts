import { Atom, Binary, inspect, type Term } from '@dynsrv/etf'

/** The text of Erlang chardata: binaries, code points, and lists of them. Undefined for anything else. */
export function chardata(term: Term): string | undefined {
  if (typeof term === 'number') return isCodePoint(term) ? String.fromCodePoint(term) : undefined
  if (term instanceof Uint8Array) return Buffer.from(term).toString('utf8')
  if (term instanceof Binary || typeof term === 'string') return term.toString()
  if (!Array.isArray(term)) return undefined
  let text = ''
  for (const part of term as readonly Term[]) {
    const piece = chardata(part)
    if (piece === undefined) return undefined
    text += piece
  }
  return text
}

function isCodePoint(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 0x10_ffff && !(value >= 0xd800 && value <= 0xdfff)
}

/**
 * `io_lib:format/2` for the sequences that programs and loggers use; widths and precisions are read over.
 *
 * @returns undefined when the format and its arguments do not fit
 */
export function ioFormat(format: string, args: readonly Term[]): string | undefined {
  const rest = [...args]
  let fits = true
  const text = format.replace(/~[-\d.*]*[tlkK]*([cfegswpWPBXbx+#ni~])/g, (_sequence, control: string) => {
    if (control === 'n') return '\n'
    if (control === '~') return '~'
    if (rest.length === 0) fits = false
    const term = rest.shift()
    if (control === 'i') return ''
    if (control === 'W' || control === 'P') rest.shift()
    if (control === 's') return term instanceof Atom ? term.name : (chardata(term) ?? inspect(term))
    if (control === 'c') return chardata(term) ?? ''
    return inspect(term)
  })
  return fits && rest.length === 0 ? text : undefined
}
