import { DynsrvError } from '@dynsrv/cluster'
import { checksOf, listed, type Rule, wrong } from '@dynsrv/kit'

/** The checks of what this package's functions are given. */
export const checks = checksOf(({ message, hint }) => new DynsrvError('DYNSRV_BAD_OPTION', message, { hint }))

/** An object with these fields, whatever else it has. */
export function withFields(fields: Readonly<Record<string, Rule>>): Rule {
  const what = `an object with ${listed(Object.keys(fields), 'and')}`
  return {
    what,
    check(value, at) {
      if (typeof value !== 'object' || value === null) return wrong(at, what, value)
      const faults = Object.entries(fields).map(([name, rule]) => rule.check(Reflect.get(value, name), `${at}.${name}`))
      return faults.find((fault) => fault !== undefined)
    },
  }
}
