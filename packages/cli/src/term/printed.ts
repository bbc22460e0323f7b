import { atom, inspect, type Term, toJson } from '@dynsrv/etf'
import { codeOf, visible } from '@dynsrv/kit'
import type { RemoteError } from '@dynsrv/node'
import { jsonText } from '../terminal/output.ts'
import { Reworded } from '../terminal/reworded.ts'

import type { WrittenSyntax } from './term-scanner.ts'
import type { CallOptions } from './written-call.ts'

/** A result on one line: a JSON object with `--json`, else written in its syntax. */
export function resultText(term: Term, syntax: WrittenSyntax, { json }: CallOptions): string {
  if (json === true) return jsonText({ result: toJson(term) })
  return syntax === 'json' ? jsonText(toJson(term)) : visible(inspect(term, { syntax }))
}

/** What a function raised on its node, as an error for a person; any other error as it is. */
export function raised(error: unknown, what: string, peer: string, masked: (text: string) => string): unknown {
  if (!isRemoteError(error)) return error
  const lines = error.remoteStack.map(masked)
  if (error.reason === atom('undef')) {
    return new Reworded(error, {
      message: `${what} is not there, or what it calls is not, on ${peer}`,
      hint: error.hint,
      lines,
    })
  }
  return new Reworded(error, {
    message: masked(`${what} raised ${error.said}`),
    hint: 'The function ran on that node and failed. Look at the reason.',
    lines,
  })
}

function isRemoteError(error: unknown): error is RemoteError {
  return codeOf(error) === 'NODE_REMOTE_ERROR'
}
