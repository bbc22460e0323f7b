import { messageOf } from './error.ts'
import { type Fault, optionsOf, type Rule, type Rules } from './rule.ts'

/** How one package checks what its callers give: the same rules everywhere, its own error. */
export interface Checks {
  /**
   * Declares the options of a function or a class, once, with a rule for each, and gives the check.
   *
   * @param owner who takes them: `startNode`
   */
  options<T extends object>(owner: string, rules: Rules<T>): (options: unknown) => void
  /** Checks one argument. `undefined` is a value like any other here. */
  argument(owner: string, name: string, rule: Rule, value: unknown): void
}

/** The checks of a package that refuses with the error that `refuse` makes. */
export function checksOf(refuse: (fault: Fault) => Error): Checks {
  const run = (owner: string, rule: Rule, value: unknown, at: string): void => {
    const fault = faultOf(rule, value, at)
    if (fault !== undefined) throw refuse({ ...fault, message: `${owner}: ${fault.message}` })
  }
  return {
    options: (owner, rules) => {
      const all = optionsOf(rules)
      return (options) => run(owner, all, options, '')
    },
    argument: (owner, name, rule, value) => run(owner, rule, value, name),
  }
}

function faultOf({ check }: Rule, value: unknown, at: string): Fault | undefined {
  try {
    return check(value, at)
  } catch (cause) {
    // A getter or a proxy of the caller's threw.
    return { message: `${at || 'the options'} cannot be read: ${messageOf(cause)}`, hint: 'Give a plain object.' }
  }
}
