import { shown } from '@dynsrv/kit'

/** What is wrong with a field of a record, as a clause: `its port is 0, not a whole number from 1 to 65535`. */
export function fieldFault(field: string, value: unknown, what: string): string {
  return value === undefined ? `it has no ${field}` : `its ${field} is ${shown(value)}, not ${what}`
}
