import type { Mismatch } from './matcher.ts'

const STEP = /\[(\d+)\]|\.[^.[]+/g

/** The steps of a path: the index of each, 0 for a field. */
function stepsOf(path: string): readonly number[] {
  return Array.from(path.matchAll(STEP), ([, index]) => Number(index ?? 0))
}

/** Positive where the first path leads further into the term than the second. */
function compare(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return a.length - b.length
  const at = a.findIndex((step, index) => step !== b[index])
  return at < 0 ? 0 : a[at]! - b[at]!
}

/**
 * Of the mismatches of several shapes that of the one that fits best: the one that got furthest into the term. Where several
 * got as far, to one place, it says what each of them expects there.
 *
 * @returns undefined where none of them got beyond `path`
 */
export function bestFit(mismatches: readonly Mismatch[], path: string): Mismatch | undefined {
  let best: Mismatch[] = []
  let furthest: readonly number[] = []
  for (const mismatch of mismatches) {
    const steps = stepsOf(mismatch.path.slice(path.length))
    const order = compare(steps, furthest)
    if (order < 0 || steps.length === 0) continue
    if (order > 0) best = []
    furthest = steps
    best.push(mismatch)
  }
  const [first] = best
  if (first === undefined) return undefined
  const there = best.filter((each) => each.path === first.path).map(({ expected }) => expected)
  return { ...first, expected: [...new Set(there)].join(' or ') }
}
