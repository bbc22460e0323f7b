import { checksOf, visible } from '@dynsrv/kit'
import { DynsrvError } from './error.ts'

/** The checks of this package. */
export const checks = checksOf(({ message, hint }) => new DynsrvError('DYNSRV_BAD_OPTION', message, { hint }))

/** What a person wrote, as a message may hold it: not too long, and in quotation marks. */
export function quoted(text: string): string {
  return visible(JSON.stringify(text.length > 100 ? `${text.slice(0, 99)}…` : text))
}

/** What our own code gives to the constructor of the class whose objects come from `start`. */
export const INSIDE = Symbol('inside')

/** Refuses a `new` of the program. @throws {DynsrvError} `DYNSRV_BAD_OPTION` */
export function onlyInside(key: unknown): void {
  if (key === INSIDE) return
  throw new DynsrvError('DYNSRV_BAD_OPTION', 'a program cannot make a cluster with new', { hint: 'Call start.' })
}
