import type { ErrorEntry } from '@dynsrv/cluster'
import type { StrategyErrorCode } from '@dynsrv/strategy'

/** Membership: who should be connected. */
export const STRATEGY_ERRORS = {
  STRATEGY_BAD_OPTION: {
    happened: 'An option of a strategy cannot work.',
    why: 'It is missing, has the wrong type, or is out of range.',
    remedy: 'Correct the option that the message names.',
  },
  STRATEGY_BAD_SERVICE: {
    happened: 'The service of a strategy is no DNS name.',
    why: 'It is empty, an address, or a node name.',
    remedy: 'Give the name that holds the SRV records, such as my-service.service.consul.',
  },
  STRATEGY_CONNECT_TIMEOUT: {
    happened: 'A member did not connect in time.',
    why: 'It does not answer; it is tried again later.',
    remedy: 'Run dynsrv doctor --peer with its name.',
  },
  STRATEGY_DISCOVER_TIMEOUT: {
    happened: 'A source did not say in time who is there.',
    why: 'DNS or the registry is slow or down. Members are unchanged.',
    remedy: 'Look at the source, or raise the timeout of the strategy.',
  },
  STRATEGY_NO_LINK: {
    happened: 'A dial ended without a link.',
    why: 'The membership took the name and did not connect it.',
    remedy: 'Look at the reason of the node; a membership of your own must reject when it fails.',
  },
  STRATEGY_NOT_READY: {
    happened: 'Too few peers were connected in time.',
    why: 'The message names each missing peer and why.',
    remedy: 'See the reason of each; dynsrv doctor finds the cause.',
  },
  STRATEGY_SOURCE_MALFORMED: {
    happened: 'A source answered with something that cannot be read.',
    why: 'It is another service, or another version of it. Members are unchanged.',
    remedy: 'Check the address of the source.',
  },
  STRATEGY_SOURCE_REFUSED: {
    happened: 'A source refused to answer.',
    why: 'A token or a right is missing. Members are unchanged.',
    remedy: 'Give this node the right to read the registry (Kubernetes: a Role for endpoints or pods).',
  },
  STRATEGY_SOURCE_UNREACHABLE: {
    happened: 'A source cannot be reached.',
    why: 'It is down, or there is no way to it. Members are unchanged.',
    remedy: 'Check its address, and that it runs.',
  },
  STRATEGY_STOPPED: {
    happened: 'A stopped strategy was asked for something.',
    why: 'stop() or drain() came before.',
    remedy: 'Make a new strategy.',
  },
  STRATEGY_UNKNOWN_OPTION: {
    happened: 'A strategy was given an option that it does not have.',
    why: 'It is misspelled, or belongs to another library.',
    remedy: 'Use the name that the message proposes.',
  },
} as const satisfies Readonly<Record<StrategyErrorCode, ErrorEntry>>
