import { toUSVString } from 'node:util'
import { Atom, atom, encodedLength, type Pid, type Term, Tuple, tuple } from '@dynsrv/etf'
import { elixirName, messageOf, oneLine, shown } from '@dynsrv/kit'
import { isRemoteError, NodeError, RemoteError, type RemoteErrorOptions } from '../error.ts'
import type { Warning } from '../node-event.ts'

/** How a function of ours ended, in Erlang's terms. Each of them has an encoding. */
export type Outcome =
  | { readonly type: 'return'; readonly value: Term }
  | { readonly type: 'throw'; readonly reason: Term }
  | { readonly type: 'exit'; readonly reason: Term }
  | { readonly type: 'error'; readonly reason: Term; readonly stacktrace: Term }

/** A function of the program that runs for others. */
export interface Work {
  /** How the log names it: `js:double/1`, `the call handler of <pid>`. */
  readonly name: string
  /** How a stack trace names it. */
  readonly where: StackFrame
  /** The process that runs it, where the log should name that too. */
  readonly pid?: Pid | undefined
}

/** Gets what the program should know of. */
export type Warn = (warning: Omit<Warning, 'type'>) => void

/** How many stack frames a peer gets. */
const MAX_FRAMES = 8
/** A line of a stack that is longer is no frame. Unit: characters. */
const MAX_FRAME_CHARACTERS = 1_000

/**
 * Runs a function of the program, and turns whatever comes of it into an answer that can be sent.
 *
 * Everything that runs for others goes through here. It never rejects: a value without an Erlang term, such as NaN, a Date
 * or an object whose getter throws, becomes an `error` with the code `NODE_MESSAGE_INVALID`. What the program did not mean
 * to happen is reported with the name of the function; a {@link RemoteError} that it threw is meant.
 */
export async function outcomeOf(work: Work, run: () => unknown, warn: Warn): Promise<Outcome> {
  let value: unknown
  try {
    value = await run()
  } catch (error) {
    return raised(work, error, warn)
  }
  const cause = whyUnsendable(value)
  if (cause === undefined) return { type: 'return', value: value as Term }
  const said = `${work.name} returned ${shown(value)}, which has no Erlang term: ${oneLine(messageOf(cause.thrown))}`
  return unsendable(work, said, cause.thrown, warn)
}

function raised(work: Work, error: unknown, warn: Warn): Outcome {
  const chosen = chosenBy(error)
  if (chosen === undefined) {
    report(work, `${work.name} threw: ${oneLine(messageOf(error))}`, error, warn)
    return errorOutcome(work, error)
  }
  const { class: type, reason } = chosen
  const cause = whyUnsendable(reason)
  if (cause !== undefined) {
    const said = `${work.name} threw a reason without an Erlang term: ${oneLine(messageOf(cause.thrown))}`
    return unsendable(work, said, cause.thrown, warn)
  }
  return type === 'error' ? { type, reason, stacktrace: stackOf(work, error) } : { type, reason }
}

function unsendable(work: Work, said: string, cause: unknown, warn: Warn): Outcome {
  report(work, said, cause, warn)
  return {
    type: 'error',
    reason: errorTerm(new NodeError('NODE_MESSAGE_INVALID', said)),
    stacktrace: [frame(work.where)],
  }
}

function report({ pid }: Work, message: string, cause: unknown, warn: Warn): void {
  warn({ code: 'HANDLER_THREW', message, cause, ...(pid !== undefined && { pid }) })
}

function errorOutcome(work: Work, error: unknown): Outcome {
  return { type: 'error', reason: errorTerm(error), stacktrace: stackOf(work, error) }
}

/** Of errors that came from another node, the reasons in the form in which they are passed on. */
const verbatimReasons = new WeakMap<RemoteError, Term>()

/** The error of another node. A function of ours that lets it through passes its reason on as it came. */
export function remoteError(
  reason: Term,
  ...[kind, shown, options]: ConstructorParameters<typeof RemoteError>
): RemoteError {
  const error = new RemoteError(kind, shown, { ...options, exactReason: reason, ...undefHint(reason, options) })
  verbatimReasons.set(error, reason)
  return error
}

/** What to do about a function that is not there, whose module Elixir may have under another name. */
function undefHint(reason: Term, { stacktrace }: RemoteErrorOptions = {}): { readonly hint?: string } {
  if (reason !== atom('undef')) return {}
  const [first] = Array.isArray(stacktrace) ? stacktrace : []
  const [module] = first instanceof Tuple ? first.elements : []
  const name = module instanceof Atom ? elixirName(module.name) : undefined
  const elixir = name === undefined ? '' : ` A module of Elixir has Elixir. before its name: call '${name}'.`
  return { hint: `Check the module, the function and the number of arguments.${elixir}` }
}

/** Class and reason, where the program chose them. */
function chosenBy(error: unknown): Pick<RemoteError, 'class' | 'reason'> | undefined {
  try {
    if (isRemoteError(error)) {
      const reason = verbatimReasons.has(error) ? verbatimReasons.get(error) : error.reason
      return { class: error.class, reason }
    }
    // A reason of Erlang itself, thrown as it is.
    if (error instanceof Atom || error instanceof Tuple) return { class: 'error', reason: error }
  } catch {
    // What throws when it is looked at is no choice.
  }
  return undefined
}

/** Why a value cannot be sent; undefined when it can. */
export function whyUnsendable(value: unknown): { readonly thrown: unknown } | undefined {
  if (typeof value === 'boolean' || value === null || value === undefined) return undefined
  try {
    encodedLength(value as Term)
    return undefined
  } catch (thrown) {
    return { thrown }
  }
}

export interface StackFrame {
  readonly module: string
  readonly function: string
  readonly arity: number | readonly Term[]
}

/** One entry of an Erlang stack trace. */
export function frame({ module, function: name, arity }: StackFrame, location: readonly Term[] = []): Term {
  return tuple(atom(module), atom(name), arity, location)
}

/** What Erlang says of a function that is not there. */
export function undefinedFunction(where: StackFrame): Outcome {
  return { type: 'error', reason: atom('undef'), stacktrace: [frame(where)] }
}

/** What Erlang says of arguments that are none. */
export function badArgument(where: StackFrame): Outcome {
  return { type: 'error', reason: atom('badarg'), stacktrace: [frame(where)] }
}

/** What a function of ours throws for arguments that do not fit: Elixir's `ArgumentError` for the caller, no fault of the program. */
export function argumentError(message: string): RemoteError {
  const reason = new Map<Term, Term>([
    [atom('__struct__'), atom('Elixir.ArgumentError')],
    [atom('__exception__'), true],
    [atom('message'), toUSVString(message)],
  ])
  return remoteError(reason, 'error', reason)
}

/**
 * What was thrown as an exception of Elixir, which its `rescue` takes and which Erlang sees as a map: a `RuntimeError` with the
 * fields `message`, `name` (that of the JavaScript class) and `code`, where the error has one, such as `ENOENT`. What is an
 * Erlang reason already stays it. It never throws, and it has an encoding.
 */
export function errorTerm(error: unknown): Term {
  const chosen = chosenBy(error)
  if (chosen !== undefined && whyUnsendable(chosen.reason) === undefined) return chosen.reason
  const name = read(error, 'name')
  const code = read(error, 'code')
  const told = new Map<Term, Term>([
    [atom('__struct__'), atom('Elixir.RuntimeError')],
    [atom('__exception__'), true],
    [atom('message'), toUSVString(messageOf(error))],
    [atom('name'), typeof name === 'string' ? toUSVString(name) : 'Error'],
  ])
  if (typeof code === 'string') told.set(atom('code'), toUSVString(code))
  else if (typeof code === 'number' && Number.isFinite(code)) told.set(atom('code'), code)
  return told
}

function read(error: unknown, key: 'name' | 'code' | 'stack'): unknown {
  try {
    return typeof error === 'object' && error !== null ? (error as Readonly<Record<string, unknown>>)[key] : undefined
  } catch {
    return undefined
  }
}

/** The exit reason of a process that ended so. */
export function exitReason(outcome: Outcome): Term {
  switch (outcome.type) {
    case 'return':
      return atom('normal')
    case 'exit':
      return outcome.reason
    case 'throw':
      return tuple(tuple(atom('nocatch'), outcome.reason), [])
    case 'error':
      return tuple(outcome.reason, outcome.stacktrace)
  }
}

function stackOf({ where }: Work, error: unknown): Term {
  return [frame(where), ...framesOf(error)]
}

/** Where the files of this package are, in its sources or as it is built. */
const OWN_FOLDER = /^\s+at .*?((?:file:)?[^\s(]*[/\\](?:src|dist)[/\\])/m.exec(new Error().stack ?? '')?.[1]
/** Packages of ours that call it. */
const OUR_PACKAGES = /[/\\]node_modules[/\\]@dynsrv[/\\]/

function isOurs(line: string): boolean {
  return (OWN_FOLDER !== undefined && line.includes(OWN_FOLDER)) || OUR_PACKAGES.test(line)
}

/** The program's own frames as Erlang has them; files by their last part only, since folders are nobody else's business. */
function framesOf(error: unknown): Term[] {
  const stack = read(error, 'stack')
  if (typeof stack !== 'string') return []
  const frames: Term[] = []
  for (const line of stack.split('\n')) {
    if (line.length > MAX_FRAME_CHARACTERS || isOurs(line)) continue
    const match = /^\s+at (?:async )?(?:(.{1,200}?) \()?(?:.*[/\\])?([^/\\()]{1,200}?):(\d+):\d+\)?$/.exec(line)
    if (match === null || match[2]?.startsWith('node:')) continue
    const [, name = '<anonymous>', file = '', number = '0'] = match
    const location = [
      tuple(
        atom('file'),
        [...file].map((c) => c.codePointAt(0)!),
      ),
      tuple(atom('line'), Number(number)),
    ]
    frames.push(frame({ module: 'js', function: toUSVString(name), arity: 0 }, location))
    if (frames.length === MAX_FRAMES) break
  }
  return frames
}
