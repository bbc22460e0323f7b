import { visible } from '@dynsrv/kit'
import type { Span, Tone } from './paint.ts'

/** Breaks a line at blanks so that no piece is longer than the columns; a longer word stands alone. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/** Breaks a painted line at blanks in the same way; what follows is indented by two more than the line is. */
export function wrapSpans(spans: readonly Span[], columns: number): Span[][] {
  const pieces = spans.map((span) => (typeof span === 'string' ? ([span, 'plain'] as const) : span))
  const text = pieces.map(([piece]) => visible(piece)).join('')
  if (text.length <= columns) return [[...spans]]
  const hang = text.length - text.trimStart().length + 2
  const tones = pieces.flatMap(([piece, tone]): Tone[] => Array.from({ length: visible(piece).length }, () => tone))
  const lines: Span[][] = []
  let [start, lead] = [0, '']
  for (const { end, next } of breaks(text, columns, hang)) {
    lines.push([lead, ...toned(text, tones, start, end)])
    ;[start, lead] = [next, ' '.repeat(hang)]
  }
  return lines
}

/** Where lines end and where the next ones begin. */
function* breaks(text: string, columns: number, hang: number): Generator<{ end: number; next: number }> {
  let start = 0
  while (start < text.length) {
    const room = start === 0 ? columns : columns - hang
    const first = start + text.slice(start).search(/\S|$/)
    const before = text.lastIndexOf(' ', start + room)
    const end = text.length - start <= room ? text.length : before > first ? before : text.indexOf(' ', first)
    const next = end < 0 ? text.length : end + text.slice(end).search(/\S|$/)
    yield { end: end < 0 ? text.length : end, next }
    start = next
  }
}

function toned(text: string, tones: readonly Tone[], start: number, end: number): Span[] {
  const spans: Span[] = []
  for (let at = start; at < end; ) {
    const tone = tones[at]!
    let to = at
    while (to < end && tones[to] === tone) to++
    spans.push([text.slice(at, to), tone])
    at = to
  }
  return spans
}
