// What every package needs alike. Each bundles what it uses, so nothing here may be recognised by identity.
export { withCallersStack } from './callers-stack.ts'
export { type Checks, checksOf } from './checks.ts'
export { domainKey, isConsulName, sameDomainName, withoutFinalDot } from './domain-name.ts'
export { elixirName } from './elixir-name.ts'
export { endpoint, hostAddress } from './endpoint.ts'
export {
  type Coded,
  CodedError,
  type CodedErrorOptions,
  codeOf,
  docsOf,
  type ErrorCategory,
  type ErrorTable,
  type ErrorWords,
  given,
  isCoded,
  messageOf,
  textOf,
} from './error.ts'
export { eventStream, type MissedEvents } from './event-stream.ts'
export { type HttpAnswer, type HttpFault, type HttpGet, type HttpRequest, httpClient } from './http/http-client.ts'
export { type HttpHandler, HttpServer } from './http/http-server.ts'
export { ipText } from './ip-text.ts'
export { listed } from './listed.ts'
export { nearest } from './nearest.ts'
export { answerNow, callProgram, type Failed, isThenable, listening } from './program-calls.ts'
export { type FamilyOutcome, type FamilyRace, raceFamilies } from './race-families.ts'
export { MAX_FILE_BYTES, readNamed, readSome, withinHeap } from './read-some.ts'
export { moreLikeThis, Repeats, type Told } from './repeats.ts'
export {
  abortSignal,
  anything,
  bound,
  bytes,
  callable,
  duration,
  either,
  type Fault,
  filledText,
  flag,
  having,
  iterable,
  listOf,
  numberFrom,
  oneOf,
  optional,
  optionsOf,
  port,
  type Rule,
  type Rules,
  recordOf,
  required,
  rule,
  secret,
  text,
  variables,
  whole,
  wrong,
} from './rule.ts'
export { inspectTakesLong, shown } from './shown.ts'
export { headerToken, httpUrl, withoutSecrets } from './url.ts'
export { briefly, identifier, oneLine, UNSEEN, visible, visibleLines } from './visible.ts'
export type { Clock, Timer } from './world/clock.ts'
export type { FileFacts, Files } from './world/files.ts'
export type { Network } from './world/network.ts'
export { type ProgramRun, type Programs, type Ran, realPrograms } from './world/programs.ts'
export { type Random, secretInteger } from './world/random.ts'
export { realWorld } from './world/real-world.ts'
export type { System } from './world/system.ts'
export { type Limit, sleep, timeLimit, type WaitOptions, within } from './world/waiting.ts'
export { type World, worldShape } from './world/world.ts'
