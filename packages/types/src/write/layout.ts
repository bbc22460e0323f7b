/** Text that is laid out: on one line where it fits, else with each part on a line of its own. */
export type Piece = string | Block | Choice | Sequence

interface Block {
  readonly open: string
  readonly items: readonly Piece[]
  readonly close: string
}

interface Choice {
  readonly choice: readonly Piece[]
}

interface Sequence {
  readonly pieces: readonly Piece[]
}

/** Items between brackets, with commas. */
export function block(open: string, items: readonly Piece[], close: string): Piece {
  return { open, items, close }
}

/** The members of a union. */
export function choice(members: readonly Piece[]): Piece {
  return members.length === 1 ? members[0]! : { choice: members }
}

/** One behind another. */
export function sequence(...pieces: readonly Piece[]): Piece {
  return { pieces }
}

const WIDTH = 120
const flats = new WeakMap<object, string>()

/** All on one line. */
export function flat(piece: Piece): string {
  if (typeof piece === 'string') return piece
  const known = flats.get(piece)
  if (known !== undefined) return known
  const text = made(piece)
  flats.set(piece, text)
  return text
}

function made(piece: Exclude<Piece, string>): string {
  if ('choice' in piece) return piece.choice.map(flat).join(' | ')
  if ('pieces' in piece) return piece.pieces.map(flat).join('')
  const inside = piece.items.map(flat).join(', ')
  const isWide = piece.open.endsWith('{') && inside !== ''
  return isWide ? `${piece.open} ${inside} ${piece.close}` : `${piece.open}${inside}${piece.close}`
}

/**
 * Lays out a piece.
 *
 * @param indent of the line that it begins on
 * @param before how many characters of that line are taken
 * @param after how many must still fit behind it
 */
export function laidOut(piece: Piece, indent = 0, before = indent, after = 0): string {
  const line = flat(piece)
  if (typeof piece === 'string' || before + line.length + after <= WIDTH) return line
  const inner = ' '.repeat(indent + 2)
  if ('choice' in piece) {
    return piece.choice.map((each) => `\n${inner}| ${laidOut(each, indent + 4, indent + 4)}`).join('')
  }
  if ('pieces' in piece) {
    let text = ''
    let column = before
    for (const [index, each] of piece.pieces.entries()) {
      const behind = piece.pieces.slice(index + 1).reduce((sum, next) => sum + flat(next).length, 0)
      const next = laidOut(each, indent, column, Math.min(behind, WIDTH))
      text = next.startsWith('\n') ? text.trimEnd() + next : text + next
      const lastLine = text.slice(text.lastIndexOf('\n') + 1)
      column = text.includes('\n') ? lastLine.length : before + lastLine.length
    }
    return text
  }
  if (piece.items.length === 0) return line
  const items = piece.items.map((each) => {
    const text = laidOut(each, indent + 2, indent + 2, 1)
    return text.startsWith('\n') ? text.slice(1) : `${inner}${text}`
  })
  // Arguments of a type take no comma behind the last one.
  const last = piece.close === '>' ? '' : ','
  return `${piece.open}\n${items.join(',\n')}${last}\n${' '.repeat(indent)}${piece.close}`
}
