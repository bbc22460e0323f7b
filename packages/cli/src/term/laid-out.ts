/** A written term, taken apart: text, or what stands between brackets. */
type Part = string | Group

interface Group {
  readonly open: string
  readonly items: Part[][]
  /** What stands between two items, without the blank behind it. */
  readonly close: string
  readonly width: number
}

/** Brackets, the longest first: what opens a binary is no list. A struct and a map open with their name or mark. */
const OPEN = /<<|%[\w.]*\{|#\w*\{|[[{(]/y
const CLOSE = />>|[\]})]/y
/** What is not looked into: text, quoted atoms, sigils of dates, identifiers such as `#PID<…>` and `<0.5.0>`. */
const WHOLE = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|~[A-Z]\[[^\]]*\]|#[A-Za-z.]+<[^<>]*>|<\d[\d.]*>/suy

/**
 * A term that was written on one line, over as many lines as it takes to be no wider than the columns: what stands between
 * brackets is on one line where it fits, and else each item begins one. It reads as the same term.
 *
 * Text is never broken, so a long one is wider all the same.
 */
export function laidOut(text: string, columns: number): string {
  if (text.length <= columns) return text
  return write(read(text), columns, 0, 0)
}

/** Reads without recursion over the depth of the term: a peer chooses it. */
function read(text: string): Part[] {
  const top: { open: string; items: Part[][]; start: number } = { open: '', items: [[]], start: 0 }
  const stack = [top]
  let at = 0
  let plain = ''
  const flush = () => {
    if (plain !== '') stack.at(-1)!.items.at(-1)!.push(plain)
    plain = ''
  }
  const match = (pattern: RegExp) => {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0]
  }
  while (at < text.length) {
    const whole = match(WHOLE)
    const open = whole === undefined ? match(OPEN) : undefined
    const close = whole === undefined && open === undefined && stack.length > 1 ? match(CLOSE) : undefined
    if (open !== undefined) {
      flush()
      stack.push({ open, items: [[]], start: at })
    } else if (close !== undefined) {
      flush()
      const { items, start, open } = stack.pop()!
      const width = at + close.length - start
      stack.at(-1)!.items.at(-1)!.push({ open, items, close, width })
    } else if (whole === undefined && text[at] === ',' && stack.length > 1) {
      flush()
      stack.at(-1)!.items.push([])
      at += text[at + 1] === ' ' ? 2 : 1
      continue
    } else plain += whole ?? text[at]
    at += (whole ?? open ?? close ?? ' ').length
  }
  flush()
  // Brackets that do not close are those of something that is no term; it stays as it is.
  return stack.length === 1 ? top.items[0]! : [text]
}

/** Depth beyond which nothing is put on lines of its own: the indentation would leave no room. */
const MAX_DEPTH = 40

function write(parts: readonly Part[], columns: number, depth: number, used: number): string {
  const indent = '  '.repeat(depth + 1)
  let line = used
  let out = ''
  for (const part of parts) {
    const text =
      typeof part === 'string'
        ? part
        : part.width <= columns - line || depth >= MAX_DEPTH || part.items.length + (part.items[0]?.length ?? 0) === 1
          ? flat(part)
          : `${part.open}\n${part.items
              .map((item) => indent + write(item, columns - 1, depth + 1, indent.length))
              .join(',\n')}\n${'  '.repeat(depth)}${part.close}`
    out += text
    line = text.includes('\n') ? text.length - text.lastIndexOf('\n') - 1 : line + text.length
  }
  return out
}

/** A group on one line. */
function flat(part: Part): string {
  const out: string[] = []
  const left: (Part | readonly ['text', string])[] = [part]
  while (left.length > 0) {
    const next = left.pop()!
    if (typeof next === 'string') out.push(next)
    else if (Array.isArray(next)) out.push(next[1])
    else {
      const group = next as Group
      const inside = group.items.flatMap((item, index): Part[] => (index === 0 ? item : [', ', ...item]))
      left.push(['text', group.close], ...inside.reverse(), ['text', group.open])
    }
  }
  return out.join('')
}
