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
  /** Nobody wants to see more. Unit: characters */
  readonly room: number
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
 * print alike and on one line. It takes time and memory in proportion to the format, the arguments and `most`, whatever the
 * widths are.
 *
 * @param most of a text that is longer only the beginning is right, and some of the rest may be missing. Unit: characters
 * @returns undefined for the rest, such as maps, pids and what `~p` breaks into lines, and for arguments that do not fit
 * @see OTP `io:format/3`
 */
export function ioFormat(
  format: string,
  args: readonly Term[],
  most: number = Number.POSITIVE_INFINITY,
): string | undefined {
  try {
    return formatted(format, args, new Text(most + 1))
  } catch (error) {
    if (error instanceof Unsure) return undefined
    throw error
  }
}

/** `io_lib:write/1`, as `ioFormat`. */
export function ioWrite(term: Term): string | undefined {
  return ioFormat('~w', [term])
}

/** What was formatted so far. */
class Text {
  readonly #pieces: string[] = []
  readonly #most: number
  #length = 0
  #column = 0

  constructor(most: number) {
    this.#most = most
  }

  /** How many characters are still wanted. */
  get room(): number {
    return Math.max(0, this.#most - this.#length)
  }

  /** How many characters stand in the last line. */
  get column(): number {
    return this.#column
  }

  add(piece: string): void {
    if (piece === '' || this.room === 0) return
    this.#pieces.push(piece)
    this.#length += piece.length
    const lineEnd = piece.lastIndexOf('\n')
    this.#column = lineEnd < 0 ? this.#column + piece.length : piece.length - lineEnd - 1
  }

  toString(): string {
    return this.#pieces.join('')
  }
}

function formatted(format: string, args: readonly Term[], text: Text): string {
  let end = 0
  let used = 0
  const next = (): Term => {
    if (used === args.length) throw new Unsure()
    return args[used++]
  }
  const size = (given: string | undefined): number | undefined => {
    if (given !== '*') return given === undefined ? undefined : Number(given)
    const value = next()
    if (typeof value !== 'number' || !Number.isInteger(value)) throw new Unsure()
    return value
  }
  for (const match of format.matchAll(SEQUENCE)) {
    const between = format.slice(end, match.index)
    if (between.includes('~')) throw new Unsure()
    text.add(between)
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
      room: text.room,
    }
    text.add(sequence(control, next, text.column))
  }
  if (used < args.length || format.indexOf('~', end) >= 0) throw new Unsure()
  text.add(format.slice(end))
  return text.toString()
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
      return repeated('\n', width, control)
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

/** A text so many times, as far as there is room. */
function repeated(text: string, times: number, { room }: Control): string {
  return text.repeat(Math.max(0, Math.min(times, room)))
}

/** Puts a text into its field; one that is too long becomes asterisks. */
function field(control: Control, text: string, cuts = true): string {
  const { width, left, precision } = control
  const most = cuts ? precision : undefined
  if (width === undefined && most === undefined) return text
  const wide = width ?? most!
  const room = Math.min(text.length, Math.min(wide, most ?? wide))
  const shown = text.length > room ? '*'.repeat(room) : text
  return padded(control, shown, wide - shown.length, left)
}

function padded(control: Control, text: string, times: number, left: boolean): string {
  const padding = repeated(control.pad, times, control)
  return left ? text + padding : padding + text
}

function characters(control: Control, term: Term): string {
  const { width, left, precision, unicode } = control
  if (typeof term !== 'number' || !Number.isInteger(term) || term < 0 || term > 0x10_ffff) throw new Unsure()
  if (term >= 0xd800 && term <= 0xdfff) throw new Unsure()
  const times = precision ?? width ?? 1
  const all = repeated(String.fromCodePoint(unicode ? term : term & 255), times, control)
  if (width === undefined || precision === undefined) return all
  if (width < precision) throw new Unsure()
  return padded(control, all, width - times, left)
}

function string(control: Control, term: Term): string {
  const { width, left, precision, unicode } = control
  const text = stringText(term, unicode)
  if (width === undefined && precision === undefined) return text
  // OTP counts what people take for a character.
  if (!/^[\0-\x7f]*$/.test(text)) throw new Unsure()
  const wide = width ?? precision!
  const room = precision ?? wide
  if (room > wide) throw new Unsure()
  const cut = text.slice(0, room)
  // What is too short for its precision is filled up on its right side first, whatever the adjustment.
  const within = room < wide ? room - cut.length : 0
  const inner = padded(control, cut, within, true)
  return padded(control, inner, wide - cut.length - within, width === undefined || left)
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

/** A term on one line, where every release writes it alike. Terms may nest deeper than calls do. */
function written(root: Term, texts: boolean): string {
  const pieces: string[] = []
  const open: (string | { readonly term: Term })[] = [{ term: root }]
  const push = (first: string, terms: readonly Term[], last: string): void => {
    pieces.push(first)
    open.push(last)
    for (let index = terms.length - 1; index >= 0; index--) {
      open.push({ term: terms[index] })
      if (index > 0) open.push(',')
    }
  }
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next === 'string') {
      pieces.push(next)
      continue
    }
    const { term } = next
    if (term instanceof Tuple) push('{', term.elements, '}')
    else if (Array.isArray(term)) {
      const text = texts && term.length > 0 ? listAsText(term as readonly Term[]) : undefined
      if (text === undefined) push('[', term as readonly Term[], ']')
      else pieces.push(text)
    } else pieces.push(writtenLeaf(term, texts))
  }
  return pieces.join('')
}

function writtenLeaf(term: Term, texts: boolean): string {
  if (isLarge(term)) throw new Unsure()
  if (typeof term === 'number' || typeof term === 'bigint' || typeof term === 'boolean') return inspect(term)
  if (term === null || term === undefined || term instanceof Atom || term instanceof Float)
    return plainly(inspect(term))
  const bytes = bytesOf(term)
  if (bytes === undefined) throw new Unsure()
  return writtenBytes(bytes, texts)
}

/** Characters beyond ASCII are shown or escaped as the node is set up. */
function plainly(text: string): string {
  if (!/^[\x20-\x7e]*$/.test(text)) throw new Unsure()
  return text
}

/** What `~p` shows as text; undefined for another list. */
function listAsText(list: readonly Term[]): string | undefined {
  if (list.every((element) => typeof element === 'number' && isShown(element))) {
    return quoted(list.map((code) => String.fromCharCode(code as number)).join(''))
  }
  if (list.every((element) => typeof element === 'number' && element >= 8 && element < 0xd800)) throw new Unsure()
  return undefined
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
