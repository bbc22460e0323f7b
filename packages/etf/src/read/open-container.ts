import type { Term } from '../term.ts'

/** A container whose head was read; its elements come next, one after the other. */
export interface OpenContainer {
  /** How many elements come. */
  readonly size: number
  /** Where they are put. */
  readonly elements: Term[]
  /** Makes the term once all have come. */
  close(): Term
}
