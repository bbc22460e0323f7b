import { abortSignal, bound, duration, flag, numberFrom, type Rules } from '@dynsrv/kit'
import type { CallOptions } from '@dynsrv/node'
import { checks } from '../checks.ts'

/** How a service calls its members. */
export interface ServiceOptions {
  /**
   * Whether every call may happen twice: then another member is asked also when it is not known whether the first one ran it, and
   * when that takes long. Default false; each call can say it for itself.
   */
  readonly idempotent?: boolean
  /** For a call with all of its attempts. Unit: milliseconds; default 5000, as for `Node.call`. */
  readonly timeoutMs?: number
  /** How many members a call asks at most. Default 5. */
  readonly attempts?: number
  /**
   * After how long without an answer an idempotent call is made on another member as well; the first answer counts. Unit:
   * milliseconds; default: half of the time that is left.
   */
  readonly nextAfterMs?: number
  /** After how many failures in a row a member is left out. One that surely cannot run a call is left out at once. Default 3. */
  readonly failures?: number
  /** How long a member is left out at first; each time in a row it is twice as long. Unit: milliseconds; default 1000. */
  readonly outMs?: number
  /** How long a member is left out at most. Unit: milliseconds; default 30 000. */
  readonly maxOutMs?: number
  /**
   * A member whose answers take so many times as long as those of the others is left out too, when that is 50 ms more at least.
   * Default 5; `Infinity` never leaves one out for that.
   */
  readonly slowFactor?: number
}

/** How one call is made; everything that `Node.call` and `Node.erpc` take goes on to them. */
export interface ServiceCallOptions extends CallOptions {
  /** Whether this call may happen twice. Default: what the service says. */
  readonly idempotent?: boolean
}

const RULES: Rules<ServiceOptions> = {
  idempotent: flag,
  timeoutMs: duration(),
  attempts: bound,
  nextAfterMs: duration(),
  failures: bound,
  outMs: duration({ min: 1 }),
  maxOutMs: duration({ min: 1 }),
  slowFactor: numberFrom(1),
}

export const checkService = checks.options<ServiceOptions>('service', RULES)

/** The options that the service reads itself. The node checks the others when it makes the call. */
const own = checks.options<ServiceCallOptions>('call', { idempotent: flag, timeoutMs: duration(), signal: abortSignal })

/** Checks what the service reads of the options of a call. */
export function checkServiceCall({ idempotent, timeoutMs, signal }: ServiceCallOptions): void {
  own({
    ...(idempotent !== undefined && { idempotent }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(signal !== undefined && { signal }),
  })
}
