import { types } from 'node:util'
import { EtfError, unreadable } from '../error.ts'
import { checkListLength } from '../longest-list.ts'
import { LONGEST_HASHED_TEXT } from '../seeded-map.ts'
import { hasLoneSurrogate, readUtf8 } from '../utf8.ts'
import { integerText, textForNode } from './term-text.ts'

/** What JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** The method that gives the JSON form of a term class: it is given what makes the JSON form of a part. */
export const TERM_JSON = Symbol('@dynsrv/etf json')

/** What {@link TERM_JSON} looks like on a class. */
export interface HasJson {
  [TERM_JSON](part: (term: unknown) => Json): Json
}

/** Containers inside containers; `JSON.stringify` and `JSON.parse` call themselves and end not much deeper. */
const MOST_DEPTH = 1_000

/**
 * A term as JSON: the values, without the types that JSON lacks.
 *
 * Atoms and text become strings, tuples and lists arrays, `nil` and `undefined` null. A map is an object when its keys are
 * all text, atoms or numbers, none longer than 16 383 characters, and no two of them read the same, else an array of pairs.
 * Integers that no JavaScript number holds, pids, ports, references, funs and bit strings become the text that Erlang prints,
 * integers of more than 4096 bits that in hexadecimal, `16#1F…`: their decimal digits would take seconds. Bytes that are not
 * UTF-8 become `{ "base64": "…" }`; a native record an object of its fields. The tail of an improper list is the last element.
 * Values with a `toJSON` of their own, such as a `Date`, become what that says.
 *
 * The same is what `JSON.stringify` makes of the term classes, and of whatever was decoded to `plain` values. JavaScript's own
 * `Map`, `Set`, `Uint8Array` and `bigint` alone, or in a copy, it knows only through this function.
 *
 * @throws {EtfError} `ETF_LIMIT_DEPTH` for a term that nests deeper than 1 000, or contains itself; `ETF_LIMIT_SIZE` for an
 * array of more than 2^27 elements; `ETF_NOT_ENCODABLE` for what is no term
 */
export function toJson(term: unknown): Json {
  try {
    return jsonOf(term, 0)
  } catch (cause) {
    throw unreadable('ETF_NOT_ENCODABLE', cause)
  }
}

/** The JSON form of a term class, for its method `toJSON`. */
export function classJson(term: HasJson): Json {
  return toJson(term)
}

function jsonOf(term: unknown, depth: number): Json {
  switch (typeof term) {
    case 'string':
    case 'boolean':
      return term
    case 'number':
      if (!Number.isFinite(term)) throw noJson(String(term))
      return term
    case 'bigint':
      return integerText(term, 'erlang')
    case 'undefined':
      return null
    case 'object':
      return term === null ? null : jsonOfObject(term, depth)
    default:
      throw noJson(`a ${typeof term}`)
  }
}

function jsonOfObject(term: object, depth: number): Json {
  if (depth >= MOST_DEPTH) {
    throw new EtfError('ETF_LIMIT_DEPTH', `JSON holds at most ${MOST_DEPTH} containers inside each other here`, {
      hint: 'Give the parts of the term that are wanted.',
    })
  }
  const part = (inner: unknown): Json => jsonOf(inner, depth + 1)
  if (Array.isArray(term)) {
    checkListLength(term.length)
    return Array.from(term, part)
  }
  if (term instanceof Uint8Array) return readUtf8(term, 0, term.length) ?? base64Of(term)
  if (TERM_JSON in term) return (term as HasJson)[TERM_JSON](part)
  if (term instanceof Map) return jsonOfMap(term, part)
  if (term instanceof Set) return Array.from(term, part)
  if ('toJSON' in term && typeof term.toJSON === 'function' && term.toJSON !== ownJson) return part(term.toJSON())
  return Object.fromEntries(Object.entries(term).map(([key, value]) => [key, part(value)]))
}

/** What `JSON.stringify` calls of a container that {@link jsonReady} made ready. */
function ownJson(this: object): Json {
  return toJson(this)
}

/**
 * Makes `JSON.stringify` take a container that it would not: a `Map`, a `Set`, or what holds a `bigint` or bytes. Nobody sees
 * it, and copies do not have it.
 */
export function jsonReady<T extends object>(container: T): T {
  if (Object.hasOwn(container, 'toJSON')) return container
  return Object.defineProperty(container, 'toJSON', { value: ownJson, writable: true, configurable: true })
}

/** Whether `JSON.stringify` does not know a value inside of a container: it throws for one, and lists the bytes of the other. */
export function isOddForJson(value: unknown): boolean {
  return typeof value === 'bigint' || value instanceof Uint8Array
}

/** Bytes that are not text. */
export function base64Of(bytes: Uint8Array): Json {
  return { base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64') }
}

function jsonOfMap(map: ReadonlyMap<unknown, unknown>, part: (term: unknown) => Json): Json {
  const named = new Map<string | undefined, Json>()
  const pairs: Json[] = []
  for (const [key, value] of map) {
    const pair = [part(key), part(value)] as const
    pairs.push(pair)
    named.set(nameOf(key, pair[0]), pair[1])
  }
  if (named.size < pairs.length || named.has(undefined)) return pairs
  return Object.fromEntries(named as ReadonlyMap<string, Json>)
}

/** A key of an object; undefined for what can be none, or would make an object slow. */
function nameOf(key: unknown, json: Json): string | undefined {
  if (json === null) return key === null ? 'nil' : 'undefined'
  if (typeof json === 'string') return json.length > LONGEST_HASHED_TEXT ? undefined : json
  return typeof json === 'object' ? undefined : String(json)
}

/** The text that stands for a term that JSON has no form for. */
export function textAsJson(term: unknown): Json {
  return textForNode(term)
}

function noJson(what: string): EtfError {
  return new EtfError('ETF_NOT_ENCODABLE', `${what} has no Erlang term, and no JSON`)
}

/**
 * The term of a JSON value: text is a binary, an array a list, an object a map with text as keys, null is `nil`, and
 * `{ "base64": "…" }` alone the bytes. Atoms and tuples do not come back out of JSON by themselves: a shape made with `t`
 * writes them.
 *
 * @throws {EtfError} `ETF_NOT_ENCODABLE` for what is no JSON value, such as bytes, a `Map` or a `Set`; `ETF_LIMIT_DEPTH` and
 * `ETF_LIMIT_SIZE` as {@link toJson}
 */
export function fromJson(json: Json): FromJson {
  try {
    return termOfJson(json, 0)
  } catch (cause) {
    throw unreadable('ETF_NOT_ENCODABLE', cause)
  }
}

/** What {@link fromJson} gives. */
export type FromJson =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | readonly FromJson[]
  | { readonly [key: string]: FromJson }

function termOfJson(json: unknown, depth: number): FromJson {
  if (json === null || typeof json === 'boolean') return json
  if (typeof json === 'number' && Number.isFinite(json)) return json
  if (typeof json === 'string' && !hasLoneSurrogate(json)) return json
  if (typeof json !== 'object') throw new EtfError('ETF_NOT_ENCODABLE', `this ${typeof json} is no JSON`)
  if (depth >= MOST_DEPTH) {
    throw new EtfError('ETF_LIMIT_DEPTH', `the JSON nests deeper than ${MOST_DEPTH}, or contains itself`)
  }
  if (Array.isArray(json)) {
    checkListLength(json.length)
    return Array.from(json, (each) => termOfJson(each, depth + 1))
  }
  // They would become maps, of one field for each byte or without any.
  if (types.isAnyArrayBuffer(json) || ArrayBuffer.isView(json)) {
    throw new EtfError('ETF_NOT_ENCODABLE', 'bytes are no JSON value', {
      hint: 'Parse JSON text first: fromJson(JSON.parse(new TextDecoder().decode(bytes))).',
    })
  }
  if (types.isMap(json) || types.isSet(json)) throw new EtfError('ETF_NOT_ENCODABLE', 'a Map or a Set is no JSON value')
  const entries = Object.entries(json as object)
  const [only] = entries
  if (entries.length === 1 && only?.[0] === 'base64' && isBase64(only[1])) {
    return new Uint8Array(Buffer.from(only[1], 'base64'))
  }
  return Object.fromEntries(entries.map(([key, value]) => [key, termOfJson(value, depth + 1)]))
}

function isBase64(text: unknown): text is string {
  return typeof text === 'string' && /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/.test(text)
}
