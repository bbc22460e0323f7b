import { EtfError } from './error.ts'

/** V8 keeps no more elements side by side: a longer array holds next to nothing but holes. */
const LONGEST_LIST = 2 ** 27

/** Whether an array is longer than any list. */
export function isEndless(array: readonly unknown[]): boolean {
  return array.length > LONGEST_LIST
}

/** Refuses a list that would take minutes and has no elements. @throws {EtfError} `ETF_LIMIT_SIZE` */
export function checkListLength(length: number): void {
  if (length <= LONGEST_LIST) return
  throw new EtfError('ETF_LIMIT_SIZE', `a list has at most ${LONGEST_LIST} elements, and this array ${length}`)
}
