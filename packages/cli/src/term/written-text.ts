import type { TermScanner } from './term-scanner.ts'

/** How a kind of text is written. */
export interface Writing {
  /** What a character stands for: its code point in Erlang, its bytes of UTF-8 in Elixir. */
  character(code: number): readonly number[]
  /** What a backslash and what follows it stand for; the backslash was taken. */
  backslash(scan: TermScanner, close: string): readonly number[]
  /** What must not stand in it, and why. */
  readonly refused?: readonly [token: string, why: string]
}

const BACKSLASH = 0x5c

/** Letters behind a backslash that Erlang and Elixir read alike. */
const LETTERS: Readonly<Record<string, number>> = { b: 8, d: 127, e: 27, f: 12, n: 10, r: 13, s: 32, t: 9, v: 11 }

/** Text as its code points. @see OTP `erl_scan` */
export const ERLANG_TEXT: Writing = {
  character: (code) => [code],
  backslash(scan) {
    const began = scan.at - 1
    const octal = scan.match(/[0-7]{1,3}/y)
    if (octal !== undefined) return [Number.parseInt(octal, 8)]
    const control = scan.match(/\^[@-_a-z?]/y)
    if (control !== undefined) return [control === '^?' ? 127 : control.charCodeAt(1) & 31]
    if (scan.match(/\^/y) !== undefined) scan.fail('no such control character', began)
    const hex = scan.match(/x(?:[0-9a-f]{2}|\{[0-9a-f]+\})/iy)
    if (hex !== undefined) {
      const code = characterCode(scan, hex, began)
      return code === 0xff_fe || code === 0xff_ff ? scan.fail('there is no such character', began) : [code]
    }
    if (scan.match(/x/y) !== undefined) scan.fail('\\x needs two hexadecimal digits, or more in braces', began)
    return [letter(scan, LETTERS, began)]
  },
}

const ELIXIR_LETTERS: Readonly<Record<string, number>> = { ...LETTERS, a: 7, '0': 0 }

/** Text as bytes of UTF-8; `\xFF` is one byte, whatever it makes of the text. @see Elixir `Macro.unescape_string/1` */
export const ELIXIR_TEXT: Writing = {
  character: utf8,
  refused: ['#{', 'what stands in #{ } would be run as code; write \\#{ for the characters'],
  backslash(scan) {
    const began = scan.at - 1
    const byte = scan.match(/x[0-9a-f]{2}/iy)
    if (byte !== undefined) return [Number.parseInt(byte.slice(1), 16)]
    const code = scan.match(/u[0-9a-f]{4}|[ux]\{[0-9a-f]{1,6}\}/iy)
    if (code !== undefined) return utf8(characterCode(scan, code, began))
    if (scan.match(/u/y) !== undefined) scan.fail('\\u needs four hexadecimal digits, or up to six in braces', began)
    if (scan.match(/x/y) !== undefined) scan.fail('\\x needs two hexadecimal digits', began)
    // A line that goes on in the next one.
    if (scan.match(/\r?\n/y) !== undefined) return []
    return utf8(letter(scan, ELIXIR_LETTERS, began))
  },
}

/** The same without escapes: only the mark that would end it is written behind a backslash. */
export const ELIXIR_RAW_TEXT: Writing = {
  character: utf8,
  backslash(scan, close) {
    if (scan.atEnd) return [BACKSLASH]
    const next = scan.character()
    return String.fromCodePoint(next) === close ? utf8(next) : [BACKSLASH, ...utf8(next)]
  },
}

/** The writing in which a backslash is a character like any other. */
export function verbatim({ character }: Writing): Writing {
  return { character, backslash: () => [BACKSLASH] }
}

/** Reads up to the closing mark; the opening one was taken. */
export function quoted(scan: TermScanner, close: string, writing: Writing): number[] {
  const opened = scan.at - 1
  const text: number[] = []
  while (!scan.text.startsWith(close, scan.at)) {
    if (scan.atEnd) scan.fail(`the quotation mark ${close} is never closed`, opened)
    for (const each of one(scan, close, writing)) text.push(each)
  }
  scan.at += close.length
  return text
}

/**
 * Reads text of whole lines between lines of three quotation marks or more; the opening ones were taken. The blanks before
 * the closing ones are taken away from each line.
 *
 * @param last whether the end of the last line belongs to the text
 */
export function lines(scan: TermScanner, marks: string, writing: Writing, { last }: { last: boolean }): number[] {
  const opened = scan.at - marks.length
  if (scan.match(/[ \t]*\r?\n/y) === undefined)
    scan.fail(`the text begins on the line behind ${shownMarks(marks)}`, opened)
  const closing = new RegExp(`^([ \\t]*)${marks}`, 'gm')
  closing.lastIndex = scan.at
  const [end, indent = ''] =
    closing.exec(scan.text) ?? scan.fail(`the quotation marks ${shownMarks(marks)} are never closed`, opened)
  const endsAt = closing.lastIndex - end.length
  const indented = new RegExp(`[ \\t]{0,${indent.length}}`, 'y')
  const text: number[] = []
  while (scan.at < endsAt) {
    if (scan.text[scan.at - 1] === '\n') scan.match(indented)
    if (!last && /^\r?\n$/.test(scan.text.slice(scan.at, endsAt))) break
    if (scan.at < endsAt) for (const each of one(scan, marks, writing)) text.push(each)
  }
  scan.at = closing.lastIndex
  return text
}

/** Any number of quotation marks from three on opens a text. */
function shownMarks(marks: string): string {
  return marks.length > 9 ? `${marks.slice(0, 9)}…` : marks
}

function one(scan: TermScanner, close: string, { character, backslash, refused }: Writing): readonly number[] {
  if (refused !== undefined && scan.text.startsWith(refused[0], scan.at)) scan.fail(refused[1])
  const code = scan.character()
  return code === BACKSLASH ? backslash(scan, close) : character(code)
}

/** The character that a letter behind a backslash stands for; any other one stands for itself. */
function letter(scan: TermScanner, letters: Readonly<Record<string, number>>, began: number): number {
  if (scan.atEnd) scan.fail('it ends in an escape', began)
  const code = scan.character()
  return letters[String.fromCodePoint(code)] ?? code
}

/** The number of `x41`, `x{263a}`, `u0041`, `u{1f600}`. Halves of surrogate pairs are not characters. */
function characterCode(scan: TermScanner, written: string, began: number): number {
  const code = Number.parseInt(written.replace(/[xu{}]/gi, ''), 16)
  const exists = code <= 0x10_ff_ff && (code < 0xd8_00 || code > 0xdf_ff)
  return exists ? code : scan.fail('there is no such character', began)
}

function utf8(code: number): readonly number[] {
  return code < 128 ? [code] : [...Buffer.from(String.fromCodePoint(code))]
}
