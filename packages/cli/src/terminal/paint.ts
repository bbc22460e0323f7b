import { visible } from '@dynsrv/kit'
import { createColors } from 'picocolors'

/** What a piece of text means; the colours follow from it. */
export type Tone = 'plain' | 'title' | 'good' | 'bad' | 'warning' | 'quiet' | 'name'

/** A piece of a line. Kept apart from its colour until the end, so that lines can be aligned and cut. */
export type Span = string | readonly [text: string, tone: Tone]

/** Turns spans into a line for a terminal. Characters that a terminal would obey are shown by their number. */
export type Paint = (spans: readonly Span[], columns?: number) => string

/**
 * @param colourful whether to write colours; without, the text stands alone
 */
export function painter(colourful: boolean): Paint {
  const { bold, green, red, yellow, dim, cyan } = createColors(colourful)
  const tones: Readonly<Record<Tone, (text: string) => string>> = {
    plain: (text) => text,
    title: bold,
    good: green,
    bad: red,
    warning: yellow,
    quiet: dim,
    name: cyan,
  }
  return (spans, columns = Number.POSITIVE_INFINITY) => {
    let room = columns
    let line = ''
    for (const span of spans) {
      const [given, tone] = typeof span === 'string' ? ([span, 'plain'] as const) : span
      const text = visible(given)
      const shown = text.length <= room ? text : `${text.slice(0, Math.max(0, room - 1))}${room > 0 ? '…' : ''}`
      room -= shown.length
      if (shown !== '') line += tones[tone](shown)
    }
    return line
  }
}

/** Whether this stream is a terminal that shows colours, and NO_COLOR is not set. */
export function wantsColours(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv = process.env): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false
  return stream.isTTY === true && env.TERM !== 'dumb'
}
