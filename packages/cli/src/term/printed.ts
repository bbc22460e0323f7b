import { atom, inspect, type Term } from '@dynsrv/etf'
import type { RemoteError } from '@dynsrv/node'
import { jsonOfTerm } from './json-of-term.ts'
import type { WrittenSyntax } from './term-scanner.ts'
import type { CallOptions } from './written-call.ts'

/** A result as text: one JSON object with `--json`, else written in its syntax. */
export function shown(term: Term, syntax: WrittenSyntax, { json }: CallOptions): string {
  if (json === true) return JSON.stringify({ result: jsonOfTerm(term) })
  return syntax === 'json' ? JSON.stringify(jsonOfTerm(term)) : inspect(term, { syntax })
}

/** Prints a line. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** What a function raised on its node, as an error for a person. */
export function raised(error: RemoteError, what: string, peer: string, masked: (text: string) => string): Error {
  const undef = error.reason === atom('undef')
  const message = undef
    ? `${what} is not there, or what it calls is not, on ${peer}`
    : masked(`${what} raised ${error.class}: ${inspect(error.reason)}`)
  const hint = undef
    ? 'Check the module, the function and the number of arguments; an Elixir module begins with a capital letter.'
    : 'It ran on that node and failed; see the reason.'
  return Object.assign(new Error(message, { cause: error }), { code: error.code, hint })
}
