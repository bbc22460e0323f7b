import { closest, distance } from 'fastest-levenshtein'
import { MOST_CHARACTERS } from './visible.ts'

/** The known name that is spelled most like `word`, without regard to case, `-` and `_`; undefined when none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  // A longer word is none that was misspelled, and would take long.
  if (known.length === 0 || word.length > MOST_CHARACTERS) return undefined
  const folded = known.map(fold)
  const best = closest(fold(word), folded)
  const far = distance(fold(word), best) > Math.max(2, Math.ceil(best.length / 3))
  return far ? undefined : known[folded.indexOf(best)]
}

function fold(word: string): string {
  return word.replaceAll(/[_-]/g, '').toLowerCase()
}
