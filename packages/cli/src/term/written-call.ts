import { DynsrvError } from '@dynsrv/cluster'
import { Atom, atom, encode, isEtfError, type Term } from '@dynsrv/etf'
import type { PeerOptions } from '../peer/peer-options.ts'
import { parseTerm } from './parse-term.ts'
import type { WrittenSyntax } from './term-scanner.ts'

/** The options of the commands that speak in terms, as they were typed. */
export interface CallOptions extends PeerOptions {
  readonly syntax?: string
}

/** The function and the arguments that were typed, checked before anything is dialled. */
export function functionOf(options: CallOptions, module: string, fun: string, given: readonly string[]) {
  const syntax = syntaxOf(options, module)
  const name = { module: atomName(module), fun: atomName(fun) }
  const [, , ...args] = sendable(() => [
    atom(name.module),
    atom(name.fun),
    ...given.map((text) => parseTerm(text, syntax)),
  ])
  return { syntax, args, name }
}

/** Refuses what can be written but not sent, such as a name of 300 characters, before anything is dialled. */
export function sendable<T extends readonly Term[]>(read: () => T): T {
  try {
    const terms = read()
    encode(terms)
    return terms
  } catch (cause) {
    if (!isEtfError(cause)) throw cause
    throw new DynsrvError('DYNSRV_BAD_TERM', `this cannot be sent: ${cause.message}`, {
      hint: 'Text of any length is a binary: <<"text">> in Erlang, "text" in Elixir and JSON.',
      cause,
    })
  }
}

/** The syntax of `--syntax`; without it, a name that is written as in Elixir means that terms are too. */
export function syntaxOf({ syntax }: CallOptions, name: string): WrittenSyntax {
  if (syntax === undefined) return /^[A-Z:]/.test(name) ? 'elixir' : 'erlang'
  if (syntax === 'erlang' || syntax === 'elixir' || syntax === 'json') return syntax
  throw new DynsrvError('DYNSRV_BAD_OPTION', `--syntax ${JSON.stringify(syntax)} is unknown`, {
    hint: 'Use erlang, elixir or json.',
  })
}

/** The atom that a name on the command line means: `MyApp.Store`, `:lists`, `'my module'`, `:"my module"` or `lists`. */
export function atomName(text: string): string {
  if (/^[A-Z]/.test(text)) return text.startsWith('Elixir.') ? text : `Elixir.${text}`
  if (!/^[:'"]/.test(text)) return text
  const term = parseTerm(text, text.startsWith("'") ? 'erlang' : 'elixir')
  if (term === null) return 'nil'
  return term instanceof Atom ? term.name : String(term)
}
