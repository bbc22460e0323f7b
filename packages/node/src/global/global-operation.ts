import { atom, Pid, type Term, Tuple, tuple } from '@dynsrv/etf'

/** A name as nodes tell it each other: who has it, and what to do when two have. */
export interface NameEntry {
  readonly name: Term
  readonly pid: Pid
  readonly method: Term
}

/** A change of the table of names that follows when two parts of a cluster meet. */
export type GlobalOperation =
  | ({ readonly type: 'insert' } & NameEntry)
  | { readonly type: 'delete'; readonly name: Term }

const INSERT = atom('insert')
const DELETE = atom('delete')

/** `{Name, Pid, Method}`, as an exchange has them; what is none is left out. */
export function readNames(term: Term): NameEntry[] {
  return list(term).flatMap((entry) => {
    const [name, pid, method] = entry instanceof Tuple ? entry.elements : []
    return pid instanceof Pid ? [{ name, pid, method }] : []
  })
}

export function writeName({ name, pid, method }: NameEntry): Term {
  return tuple(name, pid, method)
}

/** `{insert, {Name, Pid, Method}}` and `{delete, Name}`; what is none is left out. */
export function readOperations(term: Term): GlobalOperation[] {
  return list(term).flatMap((operation): GlobalOperation[] => {
    const [kind, what] = operation instanceof Tuple ? operation.elements : []
    if (kind === INSERT) return readNames([what]).map((entry) => ({ type: 'insert', ...entry }))
    return kind === DELETE ? [{ type: 'delete', name: what }] : []
  })
}

export function writeOperation(operation: GlobalOperation): Term {
  return operation.type === 'insert' ? tuple(INSERT, writeName(operation)) : tuple(DELETE, operation.name)
}

/** The elements of a proper list; anything else has none. */
export function list(term: Term): readonly Term[] {
  return Array.isArray(term) ? (term as readonly Term[]) : []
}
