import { Console } from 'node:console'

/**
 * Sends what other code prints with `console` to standard error, until it is disposed of: a configuration file is code, and
 * standard output is for the results of a command alone.
 */
export function consoleAside(): Disposable {
  const before = { ...console }
  Object.assign(console, new Console(process.stderr, process.stderr))
  return { [Symbol.dispose]: () => void Object.assign(console, before) }
}
