/** The values of variables, as far as they are set. */
export type Variables = Readonly<Record<string, string | undefined>>

/**
 * A variable that nobody sets stays in the text as a mark. Compose puts nothing in its place and warns; for us two values
 * of one variable are alike, and a name that it is part of is not known yet.
 */
const MARK = /\0(\w+)\0/g

/** The mark of a variable that is not set. */
export function unsetMark(name: string): string {
  return `\0${name}\0`
}

/** The variables that a text waits for. */
export function unsetIn(text: string): string[] {
  return [...text.matchAll(MARK)].map(([, name]) => name!)
}

/** A text for people, where the mark of a variable is what the file has: `${NAME}`. */
export function withNames(text: string): string {
  return text.replaceAll(MARK, (_mark, name: string) => `\${${name}}`)
}

/** A text as Compose makes it: nothing where a variable is not set. */
export function withoutMarks(text: string): string {
  return text.replaceAll(MARK, '')
}

/** What is looked up while a text is filled in. */
export interface Lookup {
  readonly variables: Variables
  /** Gets the name of each variable that is not set, and whether the text has a default for it or demands it. */
  readonly onUnset?: (name: string, use: UnsetUse) => void
}

/** `plain` for `$X`, `default` for `${X:-…}` and `${X:+…}`, `required` for `${X:?…}`, `passed` for a setting without a value. */
export type UnsetUse = 'plain' | 'default' | 'required' | 'passed'

/** The text cannot be filled in. What it says is not told: it may be a secret. */
export class BadInterpolation extends Error {
  override readonly name = 'BadInterpolation'
}

const NAME = /[A-Za-z_]\w*/y

/**
 * Fills in variables as Compose does: `$X`, `${X}`, and with `:-` `-` `:?` `?` `:+` `+`, which nest; `$$` is a dollar sign.
 *
 * @throws {BadInterpolation} for braces that hold anything else, or are not closed
 */
export function interpolated(text: string, lookup: Lookup): string {
  let done = ''
  for (let at = 0; ; ) {
    const dollar = text.indexOf('$', at)
    if (dollar === -1) return done + text.slice(at)
    done += text.slice(at, dollar)
    const next = text[dollar + 1]
    if (next === '$') {
      done += '$'
      at = dollar + 2
    } else if (next === '{') {
      const end = closing(text, dollar + 2)
      done += braced(text.slice(dollar + 2, end), lookup)
      at = end + 1
    } else {
      // A dollar sign in front of anything else is left to the container.
      const name = nameAt(text, dollar + 1)
      done += name === '' ? '$' : valueNamed(name, 'plain', lookup)
      at = dollar + 1 + name.length
    }
  }
}

function nameAt(text: string, at: number): string {
  NAME.lastIndex = at
  return NAME.exec(text)?.[0] ?? ''
}

/** Where the brace that was opened before is closed. */
function closing(text: string, from: number): number {
  let depth = 1
  for (let at = from; at < text.length; at++) {
    if (text[at] === '{' && text[at - 1] === '$') depth += 1
    if (text[at] === '}' && --depth === 0) return at
  }
  throw new BadInterpolation()
}

function braced(inside: string, lookup: Lookup): string {
  const name = nameAt(inside, 0)
  const [, colon, operator, word = ''] = /^(:?)([-?+])(.*)$/s.exec(inside.slice(name.length)) ?? []
  if (name === '' || (operator === undefined && inside !== name)) throw new BadInterpolation()
  const value = valueIn(name, lookup)
  const isSet = value !== undefined && (colon !== ':' || value !== '')
  if (operator === undefined) return valueNamed(name, 'plain', lookup)
  if (operator === '+') return isSet ? interpolated(word, lookup) : noteUnset(name, 'default', lookup, '')
  if (isSet) return value
  if (operator === '?') return noteUnset(name, 'required', lookup)
  const otherwise = interpolated(word, lookup)
  // Nothing as the default is what Compose takes anyway.
  return otherwise === '' ? valueNamed(name, 'default', lookup) : noteUnset(name, 'default', lookup, otherwise)
}

function valueNamed(name: string, use: UnsetUse, lookup: Lookup): string {
  const value = valueIn(name, lookup)
  return value !== undefined && (value !== '' || use === 'plain') ? value : noteUnset(name, use, lookup)
}

function valueIn(name: string, { variables }: Lookup): string | undefined {
  return Object.hasOwn(variables, name) ? variables[name] : undefined
}

/** Notes that nobody sets a variable. @returns what stands in its place */
function noteUnset(name: string, use: UnsetUse, { onUnset }: Lookup, instead: string = unsetMark(name)): string {
  onUnset?.(name, use)
  return instead
}
