import { text as anyText, codeOf, messageOf, oneLine as onOneLine, textOf } from '@dynsrv/kit'
import { checks } from './checks.ts'

/** What a person needs of an error: every package of the house gives its errors a `code` and a `hint`. */
export interface Explanation {
  readonly code?: string
  readonly message: string
  readonly hint?: string
}

/** Reads the code, the message and the hint of any error or reason. It never throws. */
export function explain(reason: unknown): Explanation {
  // What `AbortSignal.timeout` gives says nothing to a person.
  if (textOf(reason, 'name') === 'TimeoutError')
    return { message: 'there was no answer in time', hint: 'Allow more time.' }
  const code = codeOf(reason)
  const hint = textOf(reason, 'hint')
  const silent = typeof reason === 'object' && reason !== null && textOf(reason, 'message') === undefined
  return {
    message: onOneLine(silent ? (code ?? 'unknown reason') : messageOf(reason)),
    ...(code !== undefined && { code }),
    ...(hint !== undefined && hint !== '' && { hint: onOneLine(hint) }),
  }
}

/** A reason as one line: its code, when it has one, and its message. */
export function reasonText(reason: unknown): string {
  const { code, message } = explain(reason)
  return code === undefined || message.includes(code) ? message : `${code}: ${message}`
}

/** What is wrong and what to do, on one line. */
export function advice(reason: unknown): string {
  const { message, hint } = explain(reason)
  if (hint === undefined) return message
  return `${message}${/[.!?]$/.test(message) ? '' : '.'} ${hint}`
}

/** Text that cannot break a line, nor move the cursor of a terminal: a peer may have written parts of it. */
export function oneLine(text: string): string {
  checks.argument('oneLine', 'text', anyText, text)
  return onOneLine(text)
}
