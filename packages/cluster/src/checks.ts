import { checksOf, visible } from '@dynsrv/kit'
import { DynsrvError } from './error.ts'

/** The checks of this package. */
export const checks = checksOf(({ message, hint }) => new DynsrvError('DYNSRV_BAD_OPTION', message, { hint }))

/** What a person wrote, as a message may hold it: not too long, and in quotation marks. */
export function quoted(text: string): string {
  return visible(JSON.stringify(text.length > 100 ? `${text.slice(0, 99)}…` : text))
}
