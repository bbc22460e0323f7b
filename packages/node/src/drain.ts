import { type Clock, duration, within } from '@dynsrv/kit'
import { checks } from './checks.ts'
import { NodeError } from './error.ts'

/** How long leaving in order may take. */
export interface DrainOptions {
  /** How long what is in hand may take; then it is cut off. Unit: milliseconds; default 30 000. */
  readonly timeoutMs?: number
}

/** Checks the options of `Node.drain`. @throws {NodeError} `NODE_BAD_OPTION` */
export const checkDrain = checks.options<DrainOptions>('drain', { timeoutMs: duration() })

/** @see DrainOptions.timeoutMs */
const DRAIN_TIMEOUT_MS = 30_000

/** Work that is under way somewhere in the node. */
export interface Busy {
  /** Resolves when nothing is in hand; new work may come later. */
  idle(): Promise<unknown>
}

/**
 * Waits until all parts are idle, or the time is over.
 *
 * @throws {NodeError} `NODE_TIMEOUT` when it is
 */
export async function allIdle(
  clock: Clock,
  parts: readonly Busy[],
  { timeoutMs = DRAIN_TIMEOUT_MS }: DrainOptions,
): Promise<void> {
  const late = (): NodeError =>
    new NodeError('NODE_TIMEOUT', `what was in hand did not finish within ${timeoutMs} ms`, {
      hint: 'The node is closed all the same; give drain more time if the work matters.',
    })
  await within({ clock, ms: timeoutMs, late }, () => Promise.all(parts.map((part) => part.idle())))
}
