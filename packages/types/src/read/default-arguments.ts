import type { ModuleDocs } from '../beam/docs.ts'
import type { TypedFunction } from './typed-function.ts'

/** The arguments of a signature such as `add(date, amount, unit \\ :day)`; undefined where it cannot be taken apart. */
function argumentsOf(signature: string): readonly string[] | undefined {
  const inside = /^[^(]*\((.*)\)$/s.exec(signature)?.[1]
  if (inside === undefined) return undefined
  const all: string[] = []
  let depth = 0
  let one = ''
  for (const character of inside) {
    if ('([{<'.includes(character)) depth++
    else if (')]}>'.includes(character)) depth--
    if (character === ',' && depth === 0) {
      all.push(one)
      one = ''
    } else one += character
  }
  return [...all, one].map((each) => each.trim())
}

/**
 * Gives functions that exist because others have default arguments the specs of those. Elixir makes `add/2` of
 * `add(date, amount, unit \\ :day)`, and only `add/3` has a spec: those left out are the last ones with defaults.
 */
export function withDefaults(functions: readonly TypedFunction[], docs: ModuleDocs): readonly TypedFunction[] {
  return functions.map((each) => {
    if (each.typed.length > 0) return each
    for (const whole of functions) {
      if (whole.name !== each.name || whole.arity <= each.arity || whole.typed.length === 0) continue
      const { signature = '' } = docs.entries.get(`function/${whole.name}/${whole.arity}`) ?? {}
      const kept = keptArguments(signature, whole.arity, each.arity)
      if (kept === undefined) continue
      const typed = whole.typed.map(({ takes, gives }) => ({ takes: kept.map((index) => takes[index]!), gives }))
      return { ...each, typed }
    }
    return each
  })
}

/** Which arguments a call with fewer of them gives; undefined where there are not so many defaults. */
function keptArguments(signature: string, arity: number, given: number): readonly number[] | undefined {
  const all = argumentsOf(signature)
  if (all?.length !== arity) return undefined
  const isDefault = all.map((each) => each.includes('\\\\'))
  let left = given - isDefault.filter((each) => !each).length
  if (left < 0) return undefined
  return all.flatMap((_, index) => (!isDefault[index] || left-- > 0 ? [index] : []))
}
