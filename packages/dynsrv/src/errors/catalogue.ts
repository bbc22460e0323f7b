import { DistError, type DistErrorCode } from '@dynsrv/dist-protocol'
import type { EpmdErrorCode } from '@dynsrv/epmd-shim'
import { NodeError, type OwnNodeErrorCode } from '@dynsrv/node'
import { ResolverError, type ResolverErrorCode } from '@dynsrv/srv-resolver'
import type { StrategyErrorCode } from '@dynsrv/strategy'
import type { DynsrvErrorCode } from '../error.ts'
import { DOCTOR_ERRORS, type DoctorCode } from './doctor-errors.ts'

/** Every code that a person may meet. */
export type AnyCode =
  | DistErrorCode
  | OwnNodeErrorCode
  | ResolverErrorCode
  | EpmdErrorCode
  | StrategyErrorCode
  | DynsrvErrorCode
  | DoctorCode

/** What to do about a code. */
export function remedyOf(code: string): string {
  if (code in DOCTOR_ERRORS) return DOCTOR_ERRORS[code as DoctorCode].remedy
  if (code.startsWith('DIST_')) return new DistError(code as DistErrorCode, '').hint
  if (code.startsWith('NODE_')) return new NodeError(code as OwnNodeErrorCode, '').hint
  if (code.startsWith('DNS_')) return new ResolverError(code as ResolverErrorCode, '').hint
  return ''
}
