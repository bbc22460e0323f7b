import { atom, inspect, type Term, toJson } from '@dynsrv/etf'
import { codeOf, visible } from '@dynsrv/kit'
import type { RemoteError } from '@dynsrv/node'
import { jsonText } from '../terminal/output.ts'
import { Reworded } from '../terminal/reworded.ts'
import { isLive, screenSize } from '../terminal/screen.ts'
import { laidOut } from './laid-out.ts'
import type { WrittenSyntax } from './term-scanner.ts'
import type { CallOptions } from './written-call.ts'

/** A result: a JSON object on one line with `--json`, else written in its syntax. A terminal gets a long one over lines. */
export function resultText(term: Term, syntax: WrittenSyntax, { json, plain }: CallOptions): string {
  if (json === true) return jsonText({ result: toJson(term) })
  const text = syntax === 'json' ? jsonText(toJson(term)) : visible(inspect(term, { syntax }))
  return isLive({ plain }) ? laidOut(text, screenSize().columns) : text
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
