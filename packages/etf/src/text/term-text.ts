import { inspect, types } from 'node:util'
import { EtfError } from '../error.ts'
import { isEndless } from '../longest-list.ts'
import { readUtf8 } from '../utf8.ts'
import { hasAtomKeys } from '../values/atom-keys.ts'
import type { Instant } from '../values/has-term.ts'
import { calendarSigil } from './calendar-sigil.ts'
import {
  floatText,
  isPrintableLatin1,
  isPrintableText,
  quoteAtom,
  quoteElixirAtom,
  quoteElixirKey,
  quoteElixirText,
  quoteErlangText,
} from './quote.ts'
import { type HasPieces, type Piece, sequence, TERM_PIECES, type TermSyntax } from './text-pieces.ts'

/** The end of a container: what comes next is no longer inside it. */
interface End {
  readonly end: object
}

/**
 * The text of a term.
 *
 * Works off a stack of its own, so that no depth of nesting overflows the call stack.
 *
 * @param most once the text is so long, the rest is left out, and not read either: of a large term, texts, binaries and
 *   containers are cut before they are written. Unit: characters
 */
export function termText(term: unknown, syntax: TermSyntax, most: number = Number.POSITIVE_INFINITY): string {
  let text = ''
  const inside = new Set<object>()
  const open: (Piece | End)[] = [{ term }]
  for (let piece = open.pop(); piece !== undefined && text.length < most; piece = open.pop()) {
    if ('text' in piece) {
      text = joined(text, piece.text)
    } else if ('end' in piece) {
      inside.delete(piece.end)
    } else if (inside.has(piece.term as object)) {
      text = joined(text, '#JavaScript<circular>')
    } else {
      const pieces = readPieces(piece.term, syntax, most)
      if (typeof pieces === 'string') {
        text = joined(text, pieces)
      } else if (pieces.every((each) => 'text' in each)) {
        // What comes and goes again and again, such as an atom, would fill a Set with places of what was deleted.
        for (const each of pieces) text = joined(text, (each as { readonly text: string }).text)
      } else {
        inside.add(piece.term as object)
        open.push({ end: piece.term as object })
        for (let index = pieces.length - 1; index >= 0; index--) open.push(pieces[index]!)
      }
    }
  }
  return text
}

/** The longest text of a term that stands inside an error. */
const MOST_SHOWN = 120

/** The text of a term, or the beginning of a long one: a message is for people, and a peer may have chosen the term. */
export function briefText(term: unknown, syntax: TermSyntax = 'erlang'): string {
  const all = termText(term, syntax, MOST_SHOWN + 1)
  return all.length > MOST_SHOWN ? `${all.slice(0, MOST_SHOWN)}…` : all
}

function joined(text: string, more: string): string {
  try {
    return text + more
  } catch (cause) {
    throw new EtfError('ETF_LIMIT_SIZE', 'the text of the term is too long for JavaScript', { cause })
  }
}

/** A value may be anything: reading it never throws. */
function readPieces(term: unknown, syntax: TermSyntax, most: number): string | readonly Piece[] {
  try {
    return piecesOf(term, syntax, most)
  } catch {
    return `#JavaScript<${typeof term}>`
  }
}

/** What `util.inspect` shows: the Erlang text. */
export function textForNode(term: unknown): string {
  return termText(term, 'erlang')
}

/** The name under which Node looks for {@link textForNode}. */
export const NODE_INSPECT: typeof inspect.custom = inspect.custom

function piecesOf(term: unknown, syntax: TermSyntax, most: number): string | readonly Piece[] {
  switch (typeof term) {
    case 'number':
      if (!Number.isFinite(term)) return `#JavaScript<${term}>`
      return Number.isInteger(term) ? String(BigInt(term)) : floatText(term)
    case 'bigint':
      return integerText(term, syntax)
    case 'boolean':
      return String(term)
    case 'undefined':
      return syntax === 'erlang' ? 'undefined' : ':undefined'
    case 'string':
      return textOfBinary(Buffer.from(term.length > most ? term.slice(0, most) : term), syntax)
    default:
      if (term === null) return 'nil'
      if (Array.isArray(term) && isEndless(term)) return `#JavaScript<array of ${term.length}>`
      if (Array.isArray(term)) return piecesOfList(term.length > most ? term.slice(0, most) : term, syntax)
      if (term instanceof Uint8Array) return textOfBinary(beginningOf(term, most), syntax)
      if (term instanceof Map) return piecesOfMap(term.size > most ? [...firstOf(term, most)] : [...term], syntax)
      if (hasPieces(term)) return term[TERM_PIECES](syntax, most)
      return typeof term === 'object' ? piecesOfObject(term, syntax, most) : `#JavaScript<${typeof term}>`
  }
}

/** A value that stands for a struct of Elixir reads as Elixir shows that. */
function piecesOfObject(term: object, syntax: TermSyntax, most: number): string | readonly Piece[] {
  if (types.isDate(term)) return Number.isNaN(term.getTime()) ? '#JavaScript<Date>' : `~U[${isoText(term)}]`
  if (term instanceof Set) return [{ text: 'MapSet.new(' }, ...sequence('[', term, ']', syntax, most), { text: ')' }]
  if (term instanceof URL) return `URI.new!(${quoteElixirText(term.href)})`
  const names = Object.keys(term)
  const entries = (names.length > most ? names.slice(0, most) : names).map(
    (name) => [name, (term as Readonly<Record<string, unknown>>)[name]] as const,
  )
  return piecesOfMap(hasAtomKeys(term) ? entries.map(([name, value]) => [new AtomKey(name), value]) : entries, syntax)
}

function* firstOf<T>(all: Iterable<T>, most: number): Generator<T, void> {
  let left = most
  for (const each of all) {
    if (left-- <= 0) return
    yield each
  }
}

/** Bytes of a character. */
const LONGEST_UTF8 = 4

/** The first bytes of a binary, of at least so many characters of UTF-8, the last of them whole. */
export function beginningOf(bytes: Uint8Array, mostCharacters: number): Uint8Array {
  const most = mostCharacters * LONGEST_UTF8
  if (bytes.length <= most) return bytes
  let end = most
  while (end > most - LONGEST_UTF8 && (bytes[end]! & 0xc0) === 0x80) end--
  return bytes.subarray(0, end)
}

function isoText(instant: Instant): string {
  return instant.toISOString().replace('T', ' ')
}

/** A key of an object whose keys are atoms. */
class AtomKey implements AtomLike, HasPieces {
  readonly name: string
  readonly wire = undefined
  readonly value: unknown

  constructor(name: string) {
    this.name = name
    this.value = this
  }

  [TERM_PIECES](syntax: TermSyntax): readonly Piece[] {
    return [{ text: syntax === 'erlang' ? quoteAtom(this.name) : quoteElixirAtom(this.name) }]
  }
}

/** From here on an integer is shown in hexadecimal: to find decimal digits takes seconds for what a peer may send. */
export const LARGE_INTEGER = 2n ** 4_096n

export function integerText(integer: bigint, syntax: TermSyntax): string {
  if (-LARGE_INTEGER < integer && integer < LARGE_INTEGER) return String(integer)
  const [sign, magnitude] = integer < 0n ? ['-', -integer] : ['', integer]
  return `${sign}${syntax === 'erlang' ? '16#' : '0x'}${magnitude.toString(16).toUpperCase()}`
}

function hasPieces(term: unknown): term is HasPieces {
  return typeof term === 'object' && term !== null && TERM_PIECES in term
}

/** A binary: text where every character can be shown, else its bytes. */
export function textOfBinary(bytes: Uint8Array, syntax: TermSyntax): string {
  const text = readUtf8(bytes, 0, bytes.length)
  if (syntax === 'elixir') {
    if (text !== undefined && isPrintableText(text)) return quoteElixirText(text)
    return `<<${bytes.join(', ')}>>`
  }
  if (bytes.length === 0) return '<<>>'
  // BEAM takes bytes that are UTF-8 for nothing else, even when they are printable as Latin-1.
  const shown = text ?? Buffer.from(bytes).toString('latin1')
  if ([...shown].every((character) => isPrintableLatin1(character.codePointAt(0)!))) {
    return `<<${quoteErlangText(shown)}${shown.length < bytes.length ? '/utf8' : ''}>>`
  }
  return `<<${bytes.join(',')}>>`
}

function piecesOfList(list: readonly unknown[], syntax: TermSyntax): string | readonly Piece[] {
  if (list.length > 0 && isCharlist(list, syntax)) {
    const text = list.map((code) => String.fromCodePoint(code)).join('')
    return syntax === 'erlang' ? quoteErlangText(text) : `~c${quoteElixirText(text)}`
  }
  if (syntax === 'elixir' && list.length > 0 && list.every(isKeywordPair)) {
    const pairs = list.map((pair) => pair.elements)
    return keyed('[', pairs, ']')
  }
  return sequence('[', list, ']', syntax)
}

function isCharlist(list: readonly unknown[], syntax: TermSyntax): list is readonly number[] {
  return list.every(
    (code) =>
      typeof code === 'number' &&
      Number.isInteger(code) &&
      (syntax === 'erlang'
        ? isPrintableLatin1(code)
        : (code >= 32 && code <= 126) || (code >= 7 && code <= 13) || code === 27),
  )
}

interface AtomLike {
  readonly name: string
  readonly value: unknown
}

function isAtomLike(term: unknown): term is AtomLike {
  return typeof term === 'object' && term !== null && 'wire' in term && 'name' in term
}

function isElixirModule(term: unknown): boolean {
  return isAtomLike(term) && /^Elixir\.[A-Z]/.test(term.name)
}

/** Exceptions are structs with this field, which Elixir does not show. */
function isExceptionMark([key, value]: readonly [unknown, unknown]): boolean {
  return isAtomLike(key) && key.name === '__exception__' && value === true
}

/** The key of a pair `{key, value}` or of a map as Elixir's short form has it, if it has. */
function shortKey(key: unknown): string | undefined {
  if (isAtomLike(key)) return key.name.startsWith('Elixir.') ? undefined : quoteElixirKey(key.name)
  if (typeof key === 'boolean' || key === null || key === undefined) return `${key === null ? 'nil' : key}:`
  return undefined
}

function isKeywordPair(term: unknown): term is { readonly elements: readonly [unknown, unknown] } {
  if (typeof term !== 'object' || term === null || !('elements' in term) || 'tail' in term) return false
  const elements = term.elements
  return Array.isArray(elements) && elements.length === 2 && shortKey(elements[0]) !== undefined
}

function keyed(open: string, pairs: readonly (readonly [unknown, unknown])[], close: string): Piece[] {
  const pieces: Piece[] = [{ text: open }]
  for (const [index, [key, term]] of pairs.entries()) {
    pieces.push({ text: `${index > 0 ? ', ' : ''}${shortKey(key)} ` }, { term })
  }
  pieces.push({ text: close })
  return pieces
}

function piecesOfMap(pairs: readonly (readonly [unknown, unknown])[], syntax: TermSyntax): readonly Piece[] {
  if (syntax === 'elixir') {
    const struct = pairs.find(([key, value]) => isAtomLike(key) && key.name === '__struct__' && isElixirModule(value))
    const rest = pairs.filter((pair) => pair !== struct && !isExceptionMark(pair))
    const sigil = struct === undefined ? undefined : calendarSigil((struct[1] as AtomLike).name, rest)
    if (sigil !== undefined) return [{ text: sigil }]
    if (struct !== undefined && rest.every(([key]) => shortKey(key) !== undefined)) {
      return keyed(`%${(struct[1] as AtomLike).name.slice('Elixir.'.length)}{`, rest, '}')
    }
    if (pairs.length > 0 && pairs.every(([key]) => shortKey(key) !== undefined)) return keyed('%{', pairs, '}')
  }
  const [open, comma] = syntax === 'erlang' ? ['#{', ','] : ['%{', ', ']
  const pieces: Piece[] = [{ text: open }]
  for (const [key, value] of pairs) {
    if (pieces.length > 1) pieces.push({ text: comma })
    pieces.push({ term: key }, { text: ' => ' }, { term: value })
  }
  pieces.push({ text: '}' })
  return pieces
}
