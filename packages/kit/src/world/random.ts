import { randomBytes } from 'node:crypto'

/** Chance. */
export interface Random {
  /** From 0 up to but not including 1. Anybody may guess it: for jitter and order, not for secrets. */
  number(): number
  /** Bytes that nobody can guess. */
  bytes(length: number): Uint8Array
}

/** The random numbers of the machine. */
export const realRandom: Random = { number: () => Math.random(), bytes: (length) => randomBytes(length) }

/** Six bytes: what a number holds without loss. */
const VALUES = 2 ** 48

/** A whole number from `min` up to but not including `max` that nobody can guess, each as likely as any other. */
export function secretInteger(random: Random, min: number, max: number): number {
  const range = max - min
  // Of a last part that is not whole, the first numbers would come more often.
  const limit = VALUES - (VALUES % range)
  for (;;) {
    const bytes = random.bytes(6)
    const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0)
    if (value < limit) return min + (value % range)
  }
}
