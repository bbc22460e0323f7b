import { DYNSRV_ERRORS } from '@dynsrv/cluster'
import { DIST_ERRORS } from '@dynsrv/dist-protocol'
import { EPMD_ERRORS } from '@dynsrv/epmd-shim'
import { ETF_ERRORS } from '@dynsrv/etf'
import { METRICS_ERRORS } from '@dynsrv/metrics'
import { NODE_ERRORS } from '@dynsrv/node'
import { DNS_ERRORS } from '@dynsrv/srv-resolver'
import { STRATEGY_ERRORS } from '@dynsrv/strategy'
import type { ErrorEntry } from './error-entry.ts'

/** Every code of a running node, by the package that raises it; the doctor's verdicts bear the same. */
export const RUNTIME_ERRORS = {
  dynsrv: entriesOf(DYNSRV_ERRORS),
  '@dynsrv/dist-protocol': entriesOf(DIST_ERRORS),
  '@dynsrv/node': entriesOf(NODE_ERRORS),
  '@dynsrv/epmd-shim': entriesOf(EPMD_ERRORS),
  '@dynsrv/srv-resolver': entriesOf(DNS_ERRORS),
  '@dynsrv/strategy': entriesOf(STRATEGY_ERRORS),
  '@dynsrv/etf': entriesOf(ETF_ERRORS),
  '@dynsrv/metrics': entriesOf(METRICS_ERRORS),
} as const satisfies Readonly<Record<string, Readonly<Record<string, ErrorEntry>>>>

type Tables = typeof RUNTIME_ERRORS

/** Every code of a running node. */
export type RuntimeCode = { [Part in keyof Tables]: keyof Tables[Part] }[keyof Tables] & string

const ENTRIES: ReadonlyMap<string, ErrorEntry> = new Map(
  Object.values(RUNTIME_ERRORS).flatMap((table) => Object.entries<ErrorEntry>(table)),
)

/** What to do about a code of a running node; empty when it is none of ours. */
export function remedyOf(code: string): string {
  return ENTRIES.get(code)?.remedy ?? ''
}

/** The words that stand beside the codes of a package. */
function entriesOf<Code extends string>(
  table: Readonly<Record<Code, { readonly happened: string; readonly why: string; readonly hint: string }>>,
): Readonly<Record<Code, ErrorEntry>> {
  const codes = Object.keys(table) as Code[]
  const entries = codes.map((code) => {
    const { happened, why, hint } = table[code]
    return [code, { happened, why, remedy: hint }] as const
  })
  return Object.fromEntries(entries) as Record<Code, ErrorEntry>
}
