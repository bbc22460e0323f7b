import { isCoded } from './error.ts'

/** Errors that have the stack of somebody who called. One that ends several calls keeps the first. */
const placed = new WeakSet<object>()

/**
 * Gives an error the stack of the call that it ends. It was made where a socket was read, far from the line that called;
 * thrown on by an `async` function, V8 follows the `await`s back to that line.
 *
 * What a function on another node raised has the stack of that node first.
 */
export function withCallersStack(error: unknown): unknown {
  if (!(error instanceof Error) || !isCoded(error) || placed.has(error)) return error
  placed.add(error)
  Error.captureStackTrace?.(error, withCallersStack)
  const { stack = '' } = error
  const said = `${error.name}: ${error.message}`
  const { remoteStack = [] } = error as { readonly remoteStack?: readonly string[] }
  if (!stack.startsWith(said) || remoteStack.length === 0) return error
  const lines = remoteStack.map((line) => `\n    ${line}`).join('')
  error.stack = `${said}${lines}${stack.slice(said.length)}`
  return error
}
