import type { Atom } from '../term.ts'
import { refuseAtoms } from './recent-atoms.ts'
import type { TermReader } from './term-reader.ts'

/** What a direct reader gives for a term that does not have its shape. */
export const MISS: unique symbol = Symbol('miss')

/**
 * Reads the term at the cursor straight as the value of a shape, or gives {@link MISS}, wherever the cursor is then.
 *
 * With a value it has passed exactly the bytes of the term, none that `TermReader.read` would refuse. It may throw what
 * reading throws.
 */
export type DirectRead<T = unknown> = (reader: TermReader, depth: number) => T | typeof MISS

/** Where bytes lie that are to be read straight. */
export interface DirectInput {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  readonly atoms?: readonly Atom[] | undefined
}

/** The value; {@link MISS} also where the bytes are no term or over a limit, so that only one place says why. */
export function readDirect<T>(
  reader: TermReader,
  read: DirectRead<T>,
  { bytes, start, end, atoms }: DirectInput,
): T | typeof MISS {
  let value: T | typeof MISS = MISS
  try {
    reader.open(bytes, start, end, atoms)
    value = read(reader, 0)
  } catch {
    value = MISS
  } finally {
    reader.close()
  }
  // The atoms are paid for when the term is read anew.
  if (value === MISS) refuseAtoms()
  return value
}
