import { Atom, atom, encodedLength, inspect, type Term } from '@dynsrv/etf'
import { elixirName, filledText, type Rule, required, rule, wrong } from '@dynsrv/kit'
import { checks } from '../checks.ts'

/** Members that discovery names. */
export interface MembersTarget {
  /** Those of one topology, by its name; default: those of all. */
  readonly topology?: string
}

/** A process that is registered under one name on several members. */
export interface NamedTarget extends MembersTarget {
  /** `MyApp.Stock` as Elixir writes a module, any other name as it is; or the exact atom. */
  readonly name: string | Atom
}

/** The processes of a process group (`pg`), on whichever nodes. */
export interface PgTarget {
  /** The group: any term, as BEAM nodes have it. A string is a binary; most groups are atoms. */
  readonly pg: Term
  /** The scope; default `pg`, as in OTP. */
  readonly scope?: string
}

/** A target that has processes: those can be called and cast to. */
export type ProcessTarget = string | Atom | NamedTarget | PgTarget

/** What a target is, after it was checked. */
export type Target =
  | { readonly kind: 'members'; readonly label: string; readonly topology: string | undefined; readonly name?: Atom }
  | { readonly kind: 'pg'; readonly label: string; readonly group: Term; readonly scope: string }

const NAME = 'a name of 1 to 255 characters, or an atom'
const name: Rule = {
  what: NAME,
  check(value, at) {
    if (value instanceof Atom) return undefined
    return typeof value === 'string' && value !== '' && registered(value) !== undefined
      ? undefined
      : wrong(at, NAME, value)
  },
}
/** A group is any term, and what cannot be sent is none. */
const group: Rule = rule('a term', (value) => {
  try {
    return encodedLength(value as Term) > 0
  } catch {
    // A value that has no encoding.
    return false
  }
})
const WHAT = 'a name, an atom, or an object with name, pg or topology'
const target: Rule = {
  what: WHAT,
  check(value, at) {
    if (typeof value === 'string') return name.check(value, at)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong(at, WHAT, value)
    // A proxy that throws does it here, where that is caught.
    if (!(value instanceof Atom)) Object.keys(value)
    return undefined
  },
}
const checkNamed = checks.options<NamedTarget>('service', { name: required(name), topology: filledText })
const checkPg = checks.options<PgTarget>('service', { pg: group, scope: filledText })
const checkMembers = checks.options<MembersTarget>('service', { topology: filledText })

/** Reads what a service is made of. @throws {DynsrvError} `DYNSRV_BAD_OPTION` */
export function targetOf(given: ProcessTarget | MembersTarget): Target {
  checks.argument('service', 'target', target, given)
  if (typeof given === 'string' || given instanceof Atom) return namedTarget(given, undefined)
  if ('pg' in given) {
    checkPg(given)
    const { pg, scope = 'pg' } = given
    return { kind: 'pg', label: `the pg group ${inspect(pg)}`, group: pg, scope }
  }
  const { topology } = given
  if ('name' in given) {
    checkNamed(given)
    return namedTarget(given.name, topology)
  }
  checkMembers(given)
  return { kind: 'members', label: topology === undefined ? 'all members' : `the topology ${topology}`, topology }
}

function namedTarget(given: string | Atom, topology: string | undefined): Target {
  const text = typeof given === 'string' ? given : given.name
  return { kind: 'members', label: text, topology, name: typeof given === 'string' ? registered(given)! : given }
}

/** The atom under which a process is registered that a program calls so; undefined where there is no such atom. */
function registered(text: string): Atom | undefined {
  try {
    return atom(elixirName(text) ?? text)
  } catch {
    // Too long, or with half a character in it.
    return undefined
  }
}
