import { Atom, atom, type Term, tuple } from '@dynsrv/etf'
import { messageOf } from '@dynsrv/kit'
import { RemoteError } from '../error.ts'

/** How a function of ours ended, in Erlang's terms. */
export type Outcome =
  | { readonly type: 'return'; readonly value: Term }
  | { readonly type: 'throw'; readonly reason: Term }
  | { readonly type: 'exit'; readonly reason: Term }
  | { readonly type: 'error'; readonly reason: Term; readonly stacktrace: Term }

/** How many stack frames a peer gets. */
const MAX_FRAMES = 8

/** Runs a function and brings what it returns or throws into Erlang's terms. */
export async function outcomeOf(where: StackFrame, run: () => unknown): Promise<Outcome> {
  try {
    return { type: 'return', value: (await run()) as Term }
  } catch (error) {
    if (!(error instanceof RemoteError)) {
      return { type: 'error', reason: errorTerm(error), stacktrace: [frame(where), ...framesOf(error)] }
    }
    const { class: type, reason } = error
    return type === 'error' ? { type, reason, stacktrace: [frame(where), ...framesOf(error)] } : { type, reason }
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

/** A JavaScript error as an Erlang term: `{js_error, Name, Message}`; what is an Erlang reason already stays it. */
export function errorTerm(error: unknown): Term {
  if (error instanceof RemoteError) return error.reason
  if (error instanceof Atom) return error
  return tuple(atom('js_error'), error instanceof Error ? error.name : 'Error', messageOf(error))
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

/** JavaScript frames as Erlang has them; files by their last part only, since folders are nobody else's business. */
function framesOf(error: unknown): Term[] {
  if (!(error instanceof Error) || error.stack === undefined) return []
  const frames: Term[] = []
  for (const line of error.stack.split('\n')) {
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
    frames.push(frame({ module: 'js', function: name, arity: 0 }, location))
    if (frames.length === MAX_FRAMES) break
  }
  return frames
}
