import { Atom, atom, ElixirError, encodedLength, inspect, type Term, Tuple } from '@dynsrv/etf'

// What a function on another node raised, as its own shell would say it: Elixir's modules in Elixir's words.

/** What stands before the names of Elixir's modules. */
export const ELIXIR = 'Elixir.'
const STRUCT = '__struct__'
const EXCEPTION = '__exception__'
/** How much of a stack trace is shown. */
const MAX_LINES = 8
/** Longer arguments are not shown. */
const MAX_CHARACTERS = 200

/** A function as people write it: `lists:nth/2`, and `Enum.map/2` of an Elixir module. */
export function functionText(module: string, name: string, arity: unknown): string {
  if (!module.startsWith(ELIXIR)) return `${inspect(atom(module))}:${inspect(atom(name))}/${arity}`
  const within = module.slice(ELIXIR.length)
  const [, outer] = ANONYMOUS.exec(name) ?? []
  return outer === undefined
    ? `${within}.${nameInElixir(name)}/${arity}`
    : `anonymous fn/${arity} in ${within}.${outer}`
}

/** How the compiler names a fun, after the function that makes it. */
const ANONYMOUS = /^-(.+\/\d+)-fun-\d+-$/

/** Elixir writes a name that is none, such as that of a fun, in quotation marks. */
function nameInElixir(name: string): string {
  return /^[\p{L}_][\p{L}\p{N}_]*[?!]?$/u.test(name) ? name : JSON.stringify(name)
}

/** An entry of a stack trace. */
interface Frame {
  readonly module: string
  readonly name: string
  readonly arity: number
  /** The arguments, where the trace has them. */
  readonly args: readonly Term[] | undefined
  readonly file: string | undefined
  readonly line: number | undefined
}

/** What a program gives as a stack trace may be anything: what is no entry is left out. */
function framesOf(stacktrace: unknown): Frame[] {
  return (Array.isArray(stacktrace) ? stacktrace : []).flatMap((entry: unknown): Frame[] => {
    const [module, name, arity, location] = entry instanceof Tuple ? entry.elements : []
    if (!(module instanceof Atom && name instanceof Atom)) return []
    const args = Array.isArray(arity) ? (arity as readonly Term[]) : undefined
    const place = new Map<Term, Term>()
    for (const each of Array.isArray(location) ? location : []) {
      if (each instanceof Tuple && each.length === 2) place.set(each.elements[0], each.elements[1])
    }
    const line = place.get(atom('line'))
    return [
      {
        module: module.name,
        name: name.name,
        arity: args?.length ?? Number(arity),
        args,
        file: textOf(place.get(atom('file'))),
        line: typeof line === 'number' ? line : undefined,
      },
    ]
  })
}

/** Each function of a stack trace on a line of its own, the innermost first, as the node's own shell prints it. */
export function stackLines(stacktrace: unknown): string[] {
  return framesOf(stacktrace)
    .slice(0, MAX_LINES)
    .map(({ module, name, arity, args, file, line }) => {
      const called = calledWith(functionText(module, name, arity), module.startsWith(ELIXIR) ? args : undefined)
      const place = [file, line].filter(isGiven)
      if (place.length === 0) return called
      return module.startsWith(ELIXIR) ? `${place.join(':')}: ${called}` : `${called} (${place.join(', line ')})`
    })
}

/** Elixir writes the arguments where the stack has them. */
function calledWith(called: string, args: readonly Term[] | undefined): string {
  if (args === undefined) return called
  const text = args.map(elixir).join(', ')
  return text.length > MAX_CHARACTERS ? called : called.replace(/\/\d+$/, `(${text})`)
}

/** What was raised, and in which function: `(ArgumentError) boom in Shop.buy/1, line 4`; `error: badarg in lists:sum/1`. */
export function exceptionText(kind: string, reason: Term, stacktrace: Term): string {
  const frames = framesOf(stacktrace)
  const [first] = frames
  // Elixir says what Erlang's own functions raise in its own words, too.
  const isElixir = frames.some(({ module }) => module.startsWith(ELIXIR))
  const said = kind === 'error' ? (raisedText(reason) ?? (isElixir ? normalized(reason, first) : undefined)) : undefined
  const text = said ?? `${kind}: ${brief(reason)}`
  if (first === undefined) return text
  const where = functionText(first.module, first.name, first.arity)
  return [text.endsWith(where) ? text : `${text} in ${where}`, first.line].filter(isGiven).join(', line ')
}

/** An Elixir exception as Elixir prints it; undefined for any other term. */
function raisedText(reason: Term): string | undefined {
  const field = fieldsOf(reason)
  const struct = field?.(STRUCT)
  if (field?.(EXCEPTION) !== true || !(struct instanceof Atom)) return undefined
  // A node of ours raises what JavaScript threw, with the name of its class.
  const own = struct.name === `${ELIXIR}RuntimeError` ? textOf(field('name'))?.slice(0, MAX_CHARACTERS) : undefined
  const name = own ?? (struct.name.startsWith(ELIXIR) ? struct.name.slice(ELIXIR.length) : struct.name)
  return `(${name}) ${textOf(field('message'))?.slice(0, MAX_SHOWN_BYTES) ?? STRUCTS[name]?.(field) ?? elixir(reason)}`
}

type Field = (name: string) => Term

/** How the exceptions of Elixir that have no text of their own say what happened. */
const STRUCTS: Readonly<Record<string, (field: Field) => string | undefined>> = {
  ArithmeticError: () => 'bad argument in arithmetic expression',
  BadArityError: (field) => `bad arity: ${elixir(field('function'))} was called with ${elixir(field('args'))}`,
  BadFunctionError: (field) => `expected a function, got: ${elixir(field('term'))}`,
  BadMapError: (field) => `expected a map, got: ${elixir(field('term'))}`,
  CaseClauseError: (field) => `no case clause matching: ${elixir(field('term'))}`,
  ErlangError: (field) => `Erlang error: ${elixir(field('original'))}`,
  FunctionClauseError: (field) => `no function clause matching in ${calledIn(field)}`,
  KeyError: (field) => `key ${elixir(field('key'))} not found in: ${elixir(field('term'))}`,
  MatchError: (field) => `no match of right hand side value: ${elixir(field('term'))}`,
  TryClauseError: (field) => `no try clause matching: ${elixir(field('term'))}`,
  UndefinedFunctionError: (field) => `function ${calledIn(field)} is undefined`,
  WithClauseError: (field) => `no with clause matching: ${elixir(field('term'))}`,
}

function calledIn(field: Field): string | undefined {
  const [module, name] = [field('module'), field('function')]
  if (module instanceof Atom && name instanceof Atom) return functionText(module.name, name.name, field('arity'))
  return undefined
}

/** Reasons of Erlang with a value, and the exceptions that Elixir makes of them. */
const WITH_VALUE: Readonly<Record<string, string>> = {
  badmatch: 'MatchError',
  case_clause: 'CaseClauseError',
  try_clause: 'TryClauseError',
  with_clause: 'WithClauseError',
  badmap: 'BadMapError',
  badfun: 'BadFunctionError',
}

/** What Elixir makes of a reason of Erlang. */
function normalized(reason: Term, first: Frame | undefined): string {
  const said = (name: string, field: Field) => `(${name}) ${STRUCTS[name]!(field)}`
  if (reason instanceof Atom) {
    switch (reason.name) {
      case 'badarg':
        return '(ArgumentError) argument error'
      case 'badarith':
        return said('ArithmeticError', () => undefined)
      case 'function_clause':
      case 'undef': {
        if (first === undefined) break
        const parts: Readonly<Record<string, Term>> = {
          module: atom(first.module),
          function: atom(first.name),
          arity: first.arity,
        }
        return said(reason.name === 'undef' ? 'UndefinedFunctionError' : 'FunctionClauseError', (name) => parts[name])
      }
    }
  }
  if (reason instanceof Tuple && reason.elements[0] instanceof Atom) {
    const [{ name: kind }, value] = reason.elements as readonly [Atom, Term]
    const name = Object.hasOwn(WITH_VALUE, kind) ? WITH_VALUE[kind] : undefined
    if (name !== undefined && reason.length === 2) return said(name, () => value)
    if (kind === 'badkey' && reason.length <= 3) {
      const term = reason.elements[2] ?? first?.args?.at(-1)
      if (term === undefined) return `(KeyError) key ${elixir(value)} not found`
      return said('KeyError', (field) => (field === 'key' ? value : term))
    }
  }
  return said('ErlangError', () => reason)
}

/** The fields of a map with atoms as keys, or of what was decoded of it. */
function fieldsOf(term: Term): Field | undefined {
  if (term instanceof ElixirError) return fieldsOf(term.struct)
  if (term instanceof Map) return (name) => term.get(atom(name)) as Term
  if (typeof term !== 'object' || term === null || Object.getPrototypeOf(term) !== Object.prototype) return undefined
  const fields = term as Readonly<Record<string, Term>>
  return (name) => (Object.hasOwn(fields, name) ? fields[name] : undefined)
}

/** A text in any of the forms that it comes in. */
function textOf(term: Term): string | undefined {
  if (typeof term === 'string') return term
  try {
    if (term instanceof Uint8Array) return new TextDecoder('utf-8', { fatal: true }).decode(term)
    if (Array.isArray(term) && term.every((code) => typeof code === 'number')) return String.fromCodePoint(...term)
  } catch {
    // Bytes that are no text.
  }
  return undefined
}

function elixir(term: Term): string {
  return brief(term, 'elixir')
}

/** Larger terms are not written out: a peer chooses them, and of a log people read the start only. Unit: encoded bytes. */
const MAX_SHOWN_BYTES = 10_000

/** A term in words, unless it is a large one. */
export function brief(term: Term, syntax: 'erlang' | 'elixir' = 'erlang'): string {
  const bytes = encodedLength(term)
  return bytes > MAX_SHOWN_BYTES ? `a term of ${bytes} bytes` : inspect(term, { syntax })
}

function isGiven(part: unknown): boolean {
  return part !== undefined
}
