import type { NodeName } from '@dynsrv/epmd-shim'

/** Every reason for which this package refuses a call or gives something up. Stable: handlers may switch on it. */
export type StrategyErrorCode =
  | 'STRATEGY_BAD_OPTION'
  | 'STRATEGY_BAD_SERVICE'
  | 'STRATEGY_CONNECT_TIMEOUT'
  | 'STRATEGY_DISCOVER_TIMEOUT'
  | 'STRATEGY_NO_LINK'
  | 'STRATEGY_NOT_READY'
  | 'STRATEGY_SOURCE_MALFORMED'
  | 'STRATEGY_SOURCE_REFUSED'
  | 'STRATEGY_SOURCE_UNREACHABLE'
  | 'STRATEGY_STOPPED'
  | 'STRATEGY_UNKNOWN_OPTION'

/** A peer that should be connected and is not. */
export interface MissingPeer {
  readonly node: NodeName
  /** The last error of dialling it, or why it was not dialled. */
  readonly why: string
  readonly cause?: unknown
}

/** What a handler needs beside the code and the text. */
export interface StrategyErrorOptions extends ErrorOptions {
  /** What a person can do about it; one sentence or two. */
  readonly hint: string
  /** Whether the same call may succeed later with nothing changed; default false. */
  readonly retryable?: boolean
  /** With `STRATEGY_NOT_READY`: who is missing, and why. */
  readonly missing?: readonly MissingPeer[]
}

/** The one error class of this package. `code` is stable, `hint` says what to do. */
export class StrategyError extends Error {
  override readonly name = 'StrategyError'
  readonly code: StrategyErrorCode
  readonly hint: string
  readonly retryable: boolean
  readonly missing: readonly MissingPeer[]

  constructor(code: StrategyErrorCode, message: string, options: StrategyErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = options.hint
    this.retryable = options.retryable ?? false
    this.missing = options.missing ?? []
  }
}
