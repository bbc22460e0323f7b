import { setMaxListeners } from 'node:events'
import type { Sendable, Term } from '@dynsrv/etf'
import { type Rule, rule } from '@dynsrv/kit'
import { isNodeError, type NodeError } from '../error.ts'

/** One call of many. */
export interface ErpcCall {
  readonly node: string
  readonly module: string
  readonly name: string
  readonly args?: readonly Sendable[]
}

/** What the items of `Node.erpcMany` are at least; a program may keep more in them. */
export const ERPC_CALL: Rule = rule(
  'an object with node, module and name',
  (value) => typeof value === 'object' && value !== null,
)

/** How one call of many ended. */
export type ErpcOutcome<Call extends ErpcCall = ErpcCall, Value = Term> =
  | { readonly call: Call; readonly ok: true; readonly value: Value }
  | { readonly call: Call; readonly ok: false; readonly error: NodeError }

/** A call that is over, and what it threw that is no outcome. It is no rejection: nobody may be left to hear of it. */
type Settled<Call extends ErpcCall> = { readonly key: Promise<unknown> } & (
  | { readonly outcome: ErpcOutcome<Call, unknown>; readonly thrown?: undefined }
  | { readonly outcome?: undefined; readonly thrown: { readonly error: unknown } }
)

/**
 * Runs calls side by side and gives each outcome as soon as it is there; a new one begins when one has ended.
 *
 * @throws what is no {@link NodeError}: the reason of the signal that aborted
 */
export async function* manyCalls<Call extends ErpcCall>(
  calls: Iterable<Call>,
  run: (call: Call, signal: AbortSignal) => Promise<unknown>,
  { concurrency, signal }: { readonly concurrency: number; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<ErpcOutcome<Call, unknown>, void> {
  // A reader that stops ends the calls that are under way.
  const stop = new AbortController()
  const ended = signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal])
  setMaxListeners(0, ended)
  const running = new Map<Promise<unknown>, Promise<Settled<Call>>>()
  const begin = (call: Call): void => {
    const key = run(call, ended)
    const settled = key.then(
      (value): Settled<Call> => ({ key, outcome: { call, ok: true, value } }),
      (error: unknown): Settled<Call> => {
        if (isNodeError(error)) return { key, outcome: { call, ok: false, error } }
        return { key, thrown: { error } }
      },
    )
    running.set(key, settled)
  }
  try {
    const source = calls[Symbol.iterator]()
    for (let more = true; more || running.size > 0; ) {
      while (more && running.size < concurrency) {
        const next = source.next()
        if (next.done === true) more = false
        else begin(next.value)
      }
      if (running.size === 0) continue
      const { key, outcome, thrown } = await Promise.race(running.values())
      if (thrown !== undefined) throw thrown.error
      running.delete(key)
      yield outcome
    }
  } finally {
    stop.abort()
  }
}
