import { type Paint, painter, wantsColours } from './paint.ts'

/** How a person wants output to look. */
export interface Look {
  /** Without colours, and nothing drawn in place. */
  readonly plain?: boolean | undefined
}

/** Standard output. Lines go there by output.ts, what is drawn in place by a `LiveRegion`. */
export function screen(): NodeJS.WriteStream {
  return process.stdout
}

/** Paints for standard output. */
export function screenPaint({ plain }: Look = {}): Paint {
  return painter(plain !== true && wantsColours(screen()))
}

/** Whether lines of standard output can be drawn in place. */
export function isLive({ plain }: Look): boolean {
  return screen().isTTY === true && plain !== true && process.env.TERM !== 'dumb'
}

/** How much standard output shows at once. A pseudo-terminal without a size says 0. */
export function screenSize(): { readonly columns: number; readonly rows: number } {
  const { columns, rows } = screen()
  return { columns: columns || 80, rows: rows || 24 }
}
