import type { MatchResult } from './matcher.ts'

/** Runs over the parts in step; the first that differs ends it. */
export function each<P, T>(parts: readonly P[], run: (part: P, index: number) => MatchResult<T>): MatchResult<T[]> {
  const values: T[] = []
  for (let index = 0; index < parts.length; index++) {
    const result = run(parts[index] as P, index)
    if (!result.ok) return result
    values.push(result.value)
  }
  return { ok: true, value: values }
}
