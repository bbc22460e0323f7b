import { UNSEEN, visible, visibleLines } from '@dynsrv/kit'
import { EXIT_OK } from './exit-code.ts'
import { painter, type Span } from './paint.ts'
import { isLive, screen, screenPaint, screenSize } from './screen.ts'
import { wrapSpans } from './wrap.ts'

// The one way out: no other file writes to standard output or standard error. What a peer, a registry or a file wrote can
// be in any text, so a character that a terminal would obey is shown by its number here, whatever the text is.

/** Where a command writes: lines for a person, or one JSON object a line. */
export interface Output {
  readonly json: boolean
  line(spans: readonly Span[]): void
  object(value: object): void
  /** What code on another node prints in our name: as it comes for a person, as a field in JSON. */
  printed(text: string, node: string): void
}

/** The output that `--json` and `--plain` ask for, on standard output. */
export function output({ json, plain }: { readonly json?: boolean; readonly plain?: boolean }): Output {
  const paint = screenPaint({ plain })
  const object = (value: object) => writeJson(value)
  return {
    json: json === true,
    line: (spans) => {
      // A terminal itself would break it within a word.
      const lines = isLive({ plain }) ? wrapSpans(spans, screenSize().columns) : [spans]
      for (const line of lines) writeLine(paint(line).trimEnd())
    },
    object,
    printed: (text, node) => {
      if (json === true) object({ type: 'output', node, text })
      else screen().write(visibleLines(text))
    },
  }
}

/** Writes a line that is painted. */
export function writeLine(painted: string): void {
  screen().write(`${painted}\n`)
}

/** Writes lines of our own, such as a script. */
export function writeText(text: string): void {
  screen().write(visibleLines(text))
}

/** Writes an object as a line of JSON. */
export function writeJson(value: object): void {
  screen().write(`${jsonText(value)}\n`)
}

/** Writes an object as a line of JSON to standard error. */
export function writeJsonError(value: object): void {
  process.stderr.write(`${jsonText(value)}\n`)
}

/** Writes a line to standard error. A terminal gets it broken at blanks, as it would break within words. */
export function writeError(text: string): void {
  const { isTTY, columns } = process.stderr
  const lines = isTTY ? wrapSpans([text], columns || 80) : [[text]]
  const unpainted = painter(false)
  process.stderr.write(lines.map((line) => `${unpainted(line)}\n`).join(''))
}

/** Writes where more is written about an error; in a log, and for another program, an error is one line. */
export function writeErrorPage(address: string): void {
  if (process.stderr.isTTY) process.stderr.write(`${visible(address)}\n`)
}

/** A value as JSON on one line. It means the same, and has no character that a terminal would obey. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replaceAll(UNSEEN, (character) =>
    Array.from({ length: character.length }, (_, at) => escaped(character.charCodeAt(at))).join(''),
  )
}

function escaped(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`
}

/** Milliseconds for a person: two digits below 10. */
export function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
}

/** `dynsrv … | head` closes the pipe; that is an end, not a failure. */
export function endWithReader(): void {
  screen().off('error', leaveOnBrokenPipe).on('error', leaveOnBrokenPipe)
}

function leaveOnBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
  process.exit(EXIT_OK)
}
