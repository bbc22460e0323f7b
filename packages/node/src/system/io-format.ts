import { Atom, Binary, Float, inspect, type Term, Tuple } from '@dynsrv/etf'

const TILDE = 126

/** Where `~p` begins to break lines. */
const LINE_WIDTH = 80

/** `~F.P.PadModC`: width, precision, padding, modifiers, and the letter of what to do. */
const SEQUENCE = /~(?:(-?\d+|\*)?(?:\.(\d+|\*)?(?:\.(.))?)?)([tlkK]*)(.)/gsu

/** One control sequence, its `*` filled in. */
interface Control {
  readonly letter: string
  readonly width: number | undefined
  readonly left: boolean
  readonly precision: number | undefined
  readonly pad: string
  readonly unicode: boolean
  /** `~lp`: lists are never strings. */
  readonly plain: boolean
}

/** The digits of larger integers take so long that the node that prints had better find them. */
const LARGE = 2n ** 4_096n

function isLarge(term: Term): boolean {
  return typeof term === 'bigint' && (term >= LARGE || term <= -LARGE)
}

/** Thrown where only OTP knows what comes out: the node that prints is asked then. */
class Unsure extends Error {}

/**
 * `io_lib:format/2`, where what comes out is certain: for all control sequences, with terms that BEAM nodes of every release
 * print alike and on one line.
 *
 * @returns undefined for the rest, such as maps, pids and what `~p` breaks into lines, and for arguments that do not fit
 * @see OTP `io:format/3`
 */
export function ioFormat(format: string, args: readonly Term[]): string | undefined {
  try {
    return formatted(format, [...args])
  } catch (error) {
    if (error instanceof Unsure) return undefined
    throw error
  }
}

/** `io_lib:write/1`, as `ioFormat`. */
export function ioWrite(term: Term): string | undefined {
  return ioFormat('~w', [term])
}

function formatted(format: string, args: Term[]): string {
  let text = ''
  let end = 0
  const next = (): Term => {
    if (args.length === 0) throw new Unsure()
    return args.shift()
  }
  const size = (given: string | undefined): number | undefined => {
    if (given !== '*') return given === undefined ? undefined : Number(given)
    const value = next()
    if (typeof value !== 'number' || !Number.isInteger(value)) throw new Unsure()
    return value
  }
  for (const match of format.matchAll(SEQUENCE)) {
    if (match.index !== end && format.slice(end, match.index).includes('~')) throw new Unsure()
    text += format.slice(end, match.index)
    end = match.index + match[0].length
    const [, width, precision, padding, modifiers = '', letter = ''] = match
    // They order maps, which are not printed here.
    if (/[kK]/.test(modifiers)) throw new Unsure()
    const wide = size(width)
    const control: Control = {
      letter,
      width: wide === undefined ? undefined : Math.abs(wide),
      left: wide !== undefined && wide < 0,
      precision: size(precision),
      pad: pad(padding, next),
      unicode: modifiers.includes('t'),
      plain: modifiers.includes('l'),
    }
    text += sequence(control, next, text.length - text.lastIndexOf('\n') - 1)
  }
  if (args.length > 0 || format.indexOf('~', end) >= 0) throw new Unsure()
  return text + format.slice(end)
}

function pad(given: string | undefined, next: () => Term): string {
  if (given !== '*') return given ?? ' '
  const code = next()
  if (typeof code !== 'number' || !(code >= 32 && code < 127)) throw new Unsure()
  return String.fromCharCode(code)
}

function sequence(control: Control, next: () => Term, column: number): string {
  const { letter, width = 1, left } = control
  switch (letter) {
    case 'n':
      if (left) throw new Unsure()
      return '\n'.repeat(width)
    case '~':
      return characters(control, TILDE)
    case 'i':
      next()
      return ''
    case 'c':
      return characters(control, next())
    case 's':
      return string(control, next())
    case 'w':
      return field(control, written(next(), false))
    case 'p':
      return printed(control, next(), column)
    case 'b':
    case 'B':
      return field(control, integer(next(), control, ''), false)
    case 'x':
    case 'X': {
      const value = next()
      const prefix = prefixText(next())
      return field(control, integer(value, control, prefix), false)
    }
    case '+':
    case '#':
      return field(control, integer(next(), control, `${control.precision ?? 10}#`), false)
    case 'f':
    case 'e':
    case 'g':
      return float(control, next())
    // ~W and ~P cut what is too deep, in a way of their own.
    default:
      throw new Unsure()
  }
}

/** Puts a text into its field; one that is too long becomes asterisks. */
function field({ width, left, precision, pad }: Control, text: string, cuts = true): string {
  const most = cuts ? precision : undefined
  if (width === undefined && most === undefined) return text
  const wide = width ?? most!
  const room = Math.min(text.length, Math.min(wide, most ?? wide))
  return padded(text.length > room ? '*'.repeat(room) : text, wide, pad, left)
}

function padded(text: string, width: number, pad: string, left: boolean): string {
  const padding = pad.repeat(Math.max(0, width - text.length))
  return left ? text + padding : padding + text
}

function characters({ width, left, precision, pad, unicode }: Control, term: Term): string {
  if (typeof term !== 'number' || !Number.isInteger(term) || term < 0 || term > 0x10_ffff) throw new Unsure()
  if (term >= 0xd800 && term <= 0xdfff) throw new Unsure()
  const one = String.fromCodePoint(unicode ? term : term & 255)
  const times = precision ?? width ?? 1
  if (width === undefined || precision === undefined) return one.repeat(times)
  if (width < precision) throw new Unsure()
  return padded(one.repeat(times), width + (one.length - 1) * times, pad, left)
}

function string({ width, left, precision, pad, unicode }: Control, term: Term): string {
  const text = stringText(term, unicode)
  if (width === undefined && precision === undefined) return text
  // OTP counts what people take for a character.
  if (!/^[\0-\x7f]*$/.test(text)) throw new Unsure()
  const wide = width ?? precision!
  const room = precision ?? wide
  if (room > wide) throw new Unsure()
  const cut = text.slice(0, room)
  // What is too short for its precision is filled up on its right side first, whatever the adjustment.
  const inner = room < wide ? padded(cut, room, pad, true) : cut
  return padded(inner, wide, pad, width === undefined || left)
}

/** What `~s` takes: atoms, and lists of bytes and binaries; with `t` all of Unicode. */
function stringText(term: Term, unicode: boolean): string {
  const name = atomName(term)
  if (name !== undefined) return checkedText(name, unicode)
  let text = ''
  const open: Term[] = [term]
  while (open.length > 0) {
    const part = open.pop()
    if (Array.isArray(part)) {
      for (let index = part.length - 1; index >= 0; index--) open.push(part[index] as Term)
    } else if (typeof part === 'number') {
      if (!Number.isInteger(part) || part < 0 || part > 0x10_ffff || (part >= 0xd800 && part <= 0xdfff))
        throw new Unsure()
      text += checkedText(String.fromCodePoint(part), unicode)
    } else text += binaryText(part, unicode)
  }
  return text
}

function atomName(term: Term): string | undefined {
  if (term instanceof Atom) return term.name
  if (term === null) return 'nil'
  return typeof term === 'boolean' || term === undefined ? String(term) : undefined
}

/** Without `t` there is no character above 255. */
function checkedText(text: string, unicode: boolean): string {
  if (!unicode && /[^\0-\xff]/.test(text)) throw new Unsure()
  return text
}

function binaryText(term: Term, unicode: boolean): string {
  const bytes = bytesOf(term)
  if (bytes === undefined) throw new Unsure()
  const latin1 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  if (!unicode) return latin1
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return latin1
  }
}

function bytesOf(term: Term): Uint8Array | undefined {
  if (typeof term === 'string') return Buffer.from(term)
  if (term instanceof Binary) return term.toBytes()
  return term instanceof Uint8Array ? term : undefined
}

function integer(term: Term, { letter, precision = 10 }: Control, prefix: string): string {
  if (typeof term !== 'bigint' && !(typeof term === 'number' && Number.isInteger(term))) throw new Unsure()
  if (precision < 2 || precision > 36) throw new Unsure()
  if (isLarge(term)) throw new Unsure()
  const digits = BigInt(term).toString(precision)
  const [sign, magnitude] = digits.startsWith('-') ? ['-', digits.slice(1)] : ['', digits]
  const upper = letter === 'B' || letter === 'X' || letter === '#'
  return sign + prefix + (upper ? magnitude.toUpperCase() : magnitude)
}

/** Of a binary there is no prefix. */
function prefixText(term: Term): string {
  if (!Array.isArray(term) && atomName(term) === undefined) throw new Unsure()
  const text = stringText(term, false)
  return plainly(text)
}

function float(control: Control, term: Term): string {
  if (!(term instanceof Float)) throw new Unsure()
  const { value } = term
  const { letter, precision = 6 } = control
  const text =
    letter === 'f' ? fixed(value, precision) : letter === 'e' ? scientific(value, precision) : general(value, precision)
  return field({ ...control, precision: undefined }, text)
}

function fixed(value: number, precision: number): string {
  if (precision < 1 || precision > 15 || Math.abs(value) >= 1e15 || Object.is(value, -0)) throw new Unsure()
  return value.toFixed(precision)
}

function scientific(value: number, precision: number): string {
  if (precision < 2 || precision > 15 || Object.is(value, -0)) throw new Unsure()
  return value.toExponential(precision - 1)
}

function general(value: number, precision: number): string {
  if (precision < 1) throw new Unsure()
  const size = Math.abs(value)
  const exponent = [0.1, 1, 10, 100, 1_000, 10_000].findIndex((limit) => size < limit) - 2
  // Below 0.1, and from 10 000 on.
  if (exponent === -2 || exponent === -3) return scientific(value, precision)
  if ((precision <= 1 && exponent === -1) || precision - 1 > exponent) return fixed(value, precision - 1 - exponent)
  return scientific(value, Math.max(2, precision))
}

/** `~p`: what can be read as text is shown so, and what fits on one line stands on one. */
function printed(control: Control, term: Term, column: number): string {
  const { width, precision, plain } = control
  if (width !== undefined || precision !== undefined) throw new Unsure()
  const text = written(term, !plain)
  if (text.length >= LINE_WIDTH - column) throw new Unsure()
  return text
}

/** A term on one line, where every release writes it alike. */
function written(term: Term, texts: boolean): string {
  if (isLarge(term)) throw new Unsure()
  if (typeof term === 'number' || typeof term === 'bigint' || typeof term === 'boolean') return inspect(term)
  if (term === null || term === undefined || term instanceof Atom || term instanceof Float)
    return plainly(inspect(term))
  const bytes = bytesOf(term)
  if (bytes !== undefined) return writtenBytes(bytes, texts)
  if (Array.isArray(term)) return writtenList(term as readonly Term[], texts)
  if (term instanceof Tuple) return `{${term.elements.map((element) => written(element, texts)).join(',')}}`
  throw new Unsure()
}

/** Characters beyond ASCII are shown or escaped as the node is set up. */
function plainly(text: string): string {
  if (!/^[\x20-\x7e]*$/.test(text)) throw new Unsure()
  return text
}

function writtenList(list: readonly Term[], texts: boolean): string {
  if (list.length === 0) return '[]'
  if (texts && list.every((element) => typeof element === 'number' && isShown(element))) {
    return quoted(String.fromCharCode(...(list as readonly number[])))
  }
  if (texts && list.every((element) => typeof element === 'number' && element >= 8 && element < 0xd800))
    throw new Unsure()
  return `[${list.map((element) => written(element, texts)).join(',')}]`
}

function writtenBytes(bytes: Uint8Array, texts: boolean): string {
  if (texts && bytes.length > 0) {
    if (bytes.every(isShown)) return `<<${quoted(Buffer.from(bytes).toString('latin1'))}>>`
    // Perhaps text in Latin-1, perhaps none.
    if (bytes.some((byte) => byte > 126)) throw new Unsure()
  }
  return `<<${bytes.join(',')}>>`
}

/** What is text everywhere. */
function isShown(code: number): boolean {
  return (code >= 32 && code < 127) || (code >= 8 && code <= 13) || code === 27
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\u001b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
}

function quoted(text: string): string {
  return `"${Array.from(text, (character) => ESCAPES[character] ?? character).join('')}"`
}
