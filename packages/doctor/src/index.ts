export type {
  Clock,
  ErrorCategory,
  ErrorWords,
  FileFacts,
  Files,
  Network,
  ProgramRun,
  Programs,
  Ran,
  Random,
  System,
  Timer,
  World,
} from '@dynsrv/kit'
export { CATALOGUE, entryOf } from './catalogue/catalogue.ts'
export { type Check, GROUPS, type GroupId } from './check.ts'
export { CHECKS, checksFor } from './checks.ts'
export type { DoctorContext, DoctorOptions, MemberState, TlsFiles } from './context.ts'
export { type Result, worst } from './examine.ts'
export type { Finding, Severity } from './finding.ts'
export { type Address, addressText, hostOf, isShort } from './host.ts'
export type { Incarnation } from './incarnations.ts'
export { judgeIntroduction, type Objection } from './judge-introduction.ts'
export { releaseByFlags, visibility } from './kind-of-node.ts'
export { type Introduction, overTls, type ProbeOptions, type ProbeTls, probeHandshake } from './probes/handshake.ts'
export { diagnose, type Report } from './report.ts'
export { isThrowAway, throwAwayName } from './throw-away-name.ts'
export { type Verdict, verdictKey } from './verdict.ts'
export type { CodeWords, Words } from './words.ts'
