import type { NodeName } from '@dynsrv/epmd-shim'
import { CodedError, type CodedErrorOptions, type ErrorTable, given, isCoded } from '@dynsrv/kit'

/** Every reason for which this package refuses a call or gives something up. Stable: handlers may switch on it. */
export type StrategyErrorCode =
  | 'STRATEGY_BAD_OPTION'
  | 'STRATEGY_BAD_SERVICE'
  | 'STRATEGY_CLOSED'
  | 'STRATEGY_CONNECT_TIMEOUT'
  | 'STRATEGY_DISCOVER_TIMEOUT'
  | 'STRATEGY_NOT_READY'
  | 'STRATEGY_NO_LINK'
  | 'STRATEGY_SOURCE_MALFORMED'
  | 'STRATEGY_SOURCE_REFUSED'
  | 'STRATEGY_SOURCE_UNREACHABLE'

/** What each code of this package means. A source that fails never changes who is a member. */
export const STRATEGY_ERRORS: ErrorTable<StrategyErrorCode> = {
  STRATEGY_BAD_OPTION: {
    happened: 'A strategy got an option or an argument that cannot work.',
    why: 'It is misspelled, has the wrong type, or is out of range.',
    hint: 'Correct what the message names.',
    category: 'option',
  },
  STRATEGY_BAD_SERVICE: {
    happened: 'The service of a strategy is not a DNS name.',
    why: 'It is empty, an address, a URL, or a node name.',
    hint: 'Give the name that holds the records, such as my-service.service.consul: labels of letters, digits, - and _, joined by dots, without port and scheme.',
    category: 'option',
  },
  STRATEGY_CLOSED: {
    happened: 'A closed strategy was asked for something, or a dial ended with its strategy.',
    why: 'close() or drain() came before, or the member left during the dial.',
    hint: 'Start the strategy again to go on.',
    category: 'closed',
  },
  STRATEGY_CONNECT_TIMEOUT: {
    happened: 'A member did not connect in time.',
    why: 'It does not answer. It is dialled again later.',
    hint: 'Run dynsrv doctor --peer with its name. A firewall that drops packets looks like this.',
    category: 'connect',
    retryable: true,
    fault: 'peer',
  },
  STRATEGY_DISCOVER_TIMEOUT: {
    happened: 'A source did not answer in time.',
    why: 'DNS or the registry is slow or down. Members are unchanged.',
    hint: 'Check that the server of the source answers, or raise discoverTimeoutMs.',
    category: 'discovery',
    retryable: true,
    fault: 'peer',
  },
  STRATEGY_NOT_READY: {
    happened: 'Too few peers were connected in time.',
    why: 'The message names each missing peer and the reason.',
    hint: 'Look at the reason of each missing peer, and at the records of the service.',
    category: 'discovery',
    retryable: true,
  },
  STRATEGY_NO_LINK: {
    happened: 'A dial ended without a link.',
    why: 'The link dropped at once, or a membership of your own does not list it.',
    hint: 'Look at the reason of the node. A membership of your own must reject when it fails.',
    category: 'connect',
    retryable: true,
  },
  STRATEGY_SOURCE_MALFORMED: {
    happened: 'A source gave an answer that cannot be read.',
    why: 'Another service answers there, or another version of it. Members are unchanged.',
    hint: 'Check the address or the file of the source.',
    category: 'discovery',
    fault: 'peer',
  },
  STRATEGY_SOURCE_REFUSED: {
    happened: 'A source refused to answer.',
    why: 'A token or a permission is missing. Members are unchanged.',
    hint: 'Give this process a token or a role that may read the registry (Kubernetes: a Role for endpoints or pods).',
    category: 'discovery',
    fault: 'peer',
  },
  STRATEGY_SOURCE_UNREACHABLE: {
    happened: 'A source cannot be reached.',
    why: 'It is down, or the network does not reach it. Members are unchanged.',
    hint: 'Check its address, and that it runs.',
    category: 'discovery',
    retryable: true,
    fault: 'peer',
  },
}

/** A peer that should be connected and is not. */
export interface MissingPeer {
  readonly node: NodeName
  /** The last error of dialling it, or why it was not dialled. */
  readonly why: string
  readonly cause?: unknown
}

/** What a handler needs beside the code and the message. */
export interface StrategyErrorOptions extends CodedErrorOptions {
  /** With `STRATEGY_NOT_READY`: the missing peers, each with the reason. */
  readonly missing?: readonly MissingPeer[]
}

/** The one error of this package: `code` and `message` say what happened and why, `hint` what to do. */
export class StrategyError extends CodedError<StrategyErrorCode> {
  override readonly name = 'StrategyError'
  /** With `STRATEGY_NOT_READY`: the missing peers, each with the reason; else empty. */
  readonly missing: readonly MissingPeer[]

  constructor(code: StrategyErrorCode, message: string, options?: StrategyErrorOptions) {
    super(STRATEGY_ERRORS, code, message, options)
    this.missing = given(options).missing ?? []
  }
}

/** Whether something that was thrown is an error of this package, whichever copy of it is in use. */
export function isStrategyError(error: unknown): error is StrategyError {
  return isCoded(error) && Object.hasOwn(STRATEGY_ERRORS, error.code)
}
