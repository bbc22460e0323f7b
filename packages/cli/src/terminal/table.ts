import { visible } from '@dynsrv/kit'
import type { Span, Tone } from './paint.ts'

/** Lines whose columns are as wide as their widest cell; what stands last is not padded. */
export function table(rows: readonly (readonly Span[])[]): Span[][] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, textOf(cell).length)
  }
  return rows.map((row) =>
    row.flatMap((cell, at): Span[] => {
      const text = at === row.length - 1 ? textOf(cell) : textOf(cell).padEnd(widths[at]!)
      const shown: readonly [string, Tone] = typeof cell === 'string' ? [text, 'plain'] : [text, cell[1]]
      return at === 0 ? [shown] : ['  ', shown]
    }),
  )
}

function textOf(cell: Span): string {
  return visible(typeof cell === 'string' ? cell : cell[0])
}
