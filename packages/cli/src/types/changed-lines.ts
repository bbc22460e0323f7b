/** What stands in one text and not in the other, line by line. */
export interface ChangedLines {
  readonly removed: readonly string[]
  readonly added: readonly string[]
}

/** Compares two texts. A line that only moved is in neither list. */
export function changedLines(before: string, after: string): ChangedLines {
  return { removed: missing(before, after), added: missing(after, before) }
}

function missing(from: string, other: string): string[] {
  const left = new Map<string, number>()
  for (const line of other.split('\n')) left.set(line, (left.get(line) ?? 0) + 1)
  return from.split('\n').filter((line) => {
    const count = left.get(line) ?? 0
    left.set(line, count - 1)
    return count <= 0 && line.trim() !== ''
  })
}
