import { Atom, atom, type Term, type TermObject } from '../term.ts'
import { ATOM_KEYS, MARK } from './atom-keys.ts'

const ELIXIR = 'Elixir.'

/** The struct of a module, as an object with atoms for keys. */
export function structObject(module: string, fields: Readonly<Record<string, Term>>): TermObject {
  return { [MARK]: ATOM_KEYS, __struct__: atom(ELIXIR + module), ...fields } as TermObject
}

/** The module of a struct, without `Elixir.` in front; undefined for what is no struct of Elixir. */
export function moduleOf(struct: Term): string | undefined {
  return struct instanceof Atom && struct.name.startsWith(ELIXIR) ? struct.name.slice(ELIXIR.length) : undefined
}
