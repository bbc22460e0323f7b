import { DYNSRV_ERRORS } from '@dynsrv/cluster'
import { DIST_ERRORS } from '@dynsrv/dist-protocol'
import { EPMD_ERRORS } from '@dynsrv/epmd-shim'
import { ETF_ERRORS } from '@dynsrv/etf'
import { METRICS_ERRORS } from '@dynsrv/metrics'
import { NODE_ERRORS } from '@dynsrv/node'
import { DNS_ERRORS } from '@dynsrv/srv-resolver'
import { STRATEGY_ERRORS } from '@dynsrv/strategy'
import type { CodeWords } from '../words.ts'

/** The tables of the packages, by name. Written out, since the types of the packages do not name what is in a table. */
interface Tables {
  readonly dynsrv: typeof DYNSRV_ERRORS
  readonly '@dynsrv/dist-protocol': typeof DIST_ERRORS
  readonly '@dynsrv/node': typeof NODE_ERRORS
  readonly '@dynsrv/epmd-shim': typeof EPMD_ERRORS
  readonly '@dynsrv/srv-resolver': typeof DNS_ERRORS
  readonly '@dynsrv/strategy': typeof STRATEGY_ERRORS
  readonly '@dynsrv/etf': typeof ETF_ERRORS
  readonly '@dynsrv/metrics': typeof METRICS_ERRORS
}

/** Every code of a running node, by the package that raises it, with the words of that package. Verdicts have the same codes. */
export const RUNTIME_ERRORS: Tables = {
  dynsrv: DYNSRV_ERRORS,
  '@dynsrv/dist-protocol': DIST_ERRORS,
  '@dynsrv/node': NODE_ERRORS,
  '@dynsrv/epmd-shim': EPMD_ERRORS,
  '@dynsrv/srv-resolver': DNS_ERRORS,
  '@dynsrv/strategy': STRATEGY_ERRORS,
  '@dynsrv/etf': ETF_ERRORS,
  '@dynsrv/metrics': METRICS_ERRORS,
}

/** Every code of a running node. */
export type RuntimeCode = { [Part in keyof Tables]: keyof Tables[Part] }[keyof Tables] & string

const ENTRIES: ReadonlyMap<string, CodeWords> = new Map(
  Object.values(RUNTIME_ERRORS).flatMap((table) => Object.entries<CodeWords>(table)),
)

/** What to do about a code of a running node; empty for an unknown one. */
export function hintOf(code: string): string {
  return ENTRIES.get(code)?.hint ?? ''
}
