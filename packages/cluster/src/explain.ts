/** What a person needs of an error: every package of the house gives its errors a `code` and a `hint`. */
export interface Explanation {
  readonly code?: string
  readonly message: string
  readonly hint?: string
}

/** Reads the code, the message and the hint of any error or reason. */
export function explain(reason: unknown): Explanation {
  if (typeof reason !== 'object' || reason === null) return { message: oneLine(String(reason)) }
  const { code, hint, message, name } = reason as { code?: unknown; hint?: unknown; message?: unknown; name?: unknown }
  // What `AbortSignal.timeout` gives says nothing to a person.
  if (name === 'TimeoutError')
    return { message: 'there was no answer in time', hint: 'Raise --timeout if that is short.' }
  return {
    message: oneLine(typeof message === 'string' ? message : String(code ?? 'unknown reason')),
    ...(typeof code === 'string' && { code }),
    ...(typeof hint === 'string' && hint !== '' && { hint: oneLine(hint) }),
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
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/\s*[\u0000-\u001f\u007f-\u009f]+\s*/g, ' ').trim()
}
