import type { EventEmitter } from 'node:events'
import { callProgram } from '@dynsrv/kit'

/**
 * Calls every listener of an event. One that throws, or rejects, keeps neither the others nor the caller from going on.
 *
 * @param failed gets what the program threw, and the name of its function where it has one
 */
export function tellListeners(
  emitter: Pick<EventEmitter, 'rawListeners'>,
  event: string,
  value: unknown,
  failed: (cause: unknown, name: string) => void,
): void {
  for (const listener of emitter.rawListeners(event)) {
    callProgram(
      () => Reflect.apply(listener, emitter, [value]),
      (cause) => failed(cause, nameOf(listener)),
    )
  }
}

/** How the log names a function: `the listener onJoin`. A listener for one time stands in another function. */
function nameOf(listener: object): string {
  try {
    const { listener: inner = listener } = listener as { listener?: object }
    const { name } = inner as { name?: unknown }
    return typeof name === 'string' && name !== '' ? name : 'a function without a name'
  } catch {
    return 'a function'
  }
}
