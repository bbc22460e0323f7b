import { isCoded } from '@dynsrv/kit'

/** Done as asked. */
export const EXIT_OK = 0
/** It started well and failed while running. */
export const EXIT_FAILED = 1
/** The arguments or the environment are wrong; nothing was started. */
export const EXIT_BAD_USAGE = 2
/** Ended by SIGINT before it was done, as shells count it. */
export const EXIT_INTERRUPTED = 130

/** The exit code for an error: 2 for a wrong value or a port that is taken, 1 for anything else. */
export function exitCodeOf(error: unknown): number {
  const seen = new Set<unknown>()
  for (let cause = error; typeof cause === 'object' && cause !== null; cause = (cause as { cause?: unknown }).cause) {
    // A circle of causes has no end.
    if (seen.has(cause)) break
    seen.add(cause)
    if (isCoded(cause) && (cause.category === 'option' || cause.category === 'listen')) return EXIT_BAD_USAGE
  }
  return EXIT_FAILED
}
