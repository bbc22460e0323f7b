export type {
  CodedError,
  CodedErrorOptions,
  ErrorCategory,
  ErrorTable,
  ErrorWords,
} from '@dynsrv/kit'
export { AtomShare } from './atom-table.ts'
export { ETF_ERRORS, EtfError, type EtfErrorCode, type EtfErrorOptions, isEtfError } from './error.ts'
export { MAX_INTEGER_BYTES } from './integer.ts'
export {
  type Contract,
  type ContractClause,
  type ContractFunction,
  clause,
  contract,
  contractClient,
  type MakeCall,
} from './match/contract.ts'
export { equals } from './match/equals.ts'
export type { Association, ObjectOptions } from './match/exact-map.ts'
export type { Opaque } from './match/handles.ts'
export { type Matched, Matcher, type MatchResult, type Mismatch, mismatchText } from './match/matcher.ts'
export type { Result } from './match/result.ts'
export type { StandardIssue, StandardProps, StandardResult, StandardSchema } from './match/standard-schema.ts'
export { type FieldsOptions, t } from './match/t.ts'
export type { Words } from './match/words.ts'
export { decode, decodeFirst, decodeTerm } from './read/decode.ts'
export {
  DEFAULT_DECODE_LIMITS,
  type DecodeLimits,
  type DecodeOptions,
  type DecodeTermOptions,
} from './read/decode-options.ts'
export { isLargeId } from './read/large-id.ts'
export { TermDecoder } from './read/term-decoder.ts'
export { SeededMap } from './seeded-map.ts'
export { Tag } from './tag-names.ts'
export {
  Atom,
  type AtomValue,
  atom,
  Binary,
  BitString,
  charlist,
  ExternalFun,
  Float,
  Fun,
  ImproperList,
  LARGEST_SMALL_CREATION,
  LocalTerm,
  MAX_ATOM_CHARACTERS,
  NativeRecord,
  Pid,
  Port,
  Reference,
  type Sendable,
  type SendableObject,
  type Term,
  type TermObject,
  Tuple,
  tuple,
} from './term.ts'
export { type InspectOptions, inspect } from './text/inspect.ts'
export { type FromJson, fromJson, type Json, toJson } from './text/json.ts'
export type { TermSyntax } from './text/text-pieces.ts'
export { atoms } from './values/atom-keys.ts'
export { PlainDate, PlainDateTime, PlainTime } from './values/calendar.ts'
export { Decimal } from './values/decimal.ts'
export { ElixirError } from './values/elixir-error.ts'
export type { HasTerm } from './values/has-term.ts'
export { Range } from './values/range.ts'
export { type StructFields, type StructOptions, StructType, struct } from './values/struct-type.ts'
export type { ValueSettings, Values } from './values/values.ts'
export { Version } from './values/version.ts'
export { ByteWriter } from './write/byte-writer.ts'
export { encode, encodedLength, encodeInto, writeTerm } from './write/encode.ts'
export type { EncodeOptions, WriteOptions } from './write/encode-options.ts'
export { TermEncoder } from './write/term-encoder.ts'
