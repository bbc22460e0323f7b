/** Keeps a map within its bound; what was put in first goes first. */
export function forgetOldest(entries: Map<unknown, unknown>, max: number): void {
  for (const oldest of entries.keys()) {
    if (entries.size <= max) return
    entries.delete(oldest)
  }
}
