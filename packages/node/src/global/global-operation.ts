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
  const names: NameEntry[] = []
  for (const each of list(term)) {
    const entry = readName(each)
    if (entry !== undefined) names.push(entry)
  }
  return names
}

function readName(term: Term): NameEntry | undefined {
  if (!(term instanceof Tuple)) return undefined
  const { 0: name, 1: pid, 2: method } = term.elements
  return pid instanceof Pid ? { name, pid, method } : undefined
}

export function writeName({ name, pid, method }: NameEntry): Term {
  return tuple(name, pid, method)
}

/** `{insert, {Name, Pid, Method}}` and `{delete, Name}`; what is none is left out. */
export function readOperations(term: Term): GlobalOperation[] {
  const operations: GlobalOperation[] = []
  for (const operation of list(term)) {
    if (!(operation instanceof Tuple)) continue
    const { 0: kind, 1: what } = operation.elements
    if (kind === DELETE) operations.push({ type: 'delete', name: what })
    const entry = kind === INSERT ? readName(what) : undefined
    if (entry !== undefined) operations.push({ type: 'insert', ...entry })
  }
  return operations
}

export function writeOperation(operation: GlobalOperation): Term {
  return operation.type === 'insert' ? tuple(INSERT, writeName(operation)) : tuple(DELETE, operation.name)
}

/** The elements of a proper list; anything else has none. */
export function list(term: Term): readonly Term[] {
  return Array.isArray(term) ? (term as readonly Term[]) : []
}
