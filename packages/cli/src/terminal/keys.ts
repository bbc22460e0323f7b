import { emitKeypressEvents } from 'node:readline'

/** A key that was pressed: `up`, `pagedown`, `escape`, … by name; a character as itself. */
export interface Key {
  readonly name: string
  /** What the key types; empty for a key that moves or ends. */
  readonly text: string
}

interface Pressed {
  readonly name?: string
  readonly ctrl?: boolean
  readonly meta?: boolean
}

/** Whether somebody can press keys: standard input is a terminal. */
export function hasKeys(): boolean {
  return process.stdin.isTTY === true
}

/**
 * Reads single keys until disposed. Ctrl-C and Ctrl-Z do what they do without it.
 *
 * @param resumed the process was stopped and goes on
 */
export function readKeys(pressed: (key: Key) => void, suspended: () => void, resumed: () => void): Disposable {
  const input = process.stdin
  const listener = (text: string | undefined, { name = '', ctrl = false, meta = false }: Pressed) => {
    if (ctrl && name === 'c') process.kill(process.pid, 'SIGINT')
    else if (ctrl && name === 'z') {
      suspended()
      input.setRawMode(false)
      process.kill(process.pid, 'SIGTSTP')
    } else if (!ctrl) {
      const types = !meta && text !== undefined && /^[^\p{Cc}]+$/u.test(text)
      pressed({ name: name === '' ? (text ?? '') : name, text: types ? text : '' })
    }
  }
  const goOn = () => {
    input.setRawMode(true)
    resumed()
  }
  emitKeypressEvents(input)
  input.setRawMode(true)
  input.on('keypress', listener).resume()
  process.on('SIGCONT', goOn)
  return {
    [Symbol.dispose]() {
      process.off('SIGCONT', goOn)
      input.off('keypress', listener).pause()
      input.setRawMode(false)
    },
  }
}
