import { behind, type MatchResult } from './matcher.ts'

/** Runs over the parts of what stands at `path`, in step; the first that differs ends it. */
export function each<P, T>(
  parts: readonly P[],
  path: string,
  run: (part: P, index: number) => MatchResult<T>,
): MatchResult<T[]> {
  const values: T[] = []
  for (let index = 0; index < parts.length; index++) {
    const result = run(parts[index] as P, index)
    if (!result.ok) return behind(`${path}[${index}]`, result.mismatch)
    values.push(result.value)
  }
  return { ok: true, value: values }
}
