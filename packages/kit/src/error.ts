import { inspectTakesLong, shown } from './shown.ts'

/**
 * Which stage an error belongs to. Code decides by this, never by how a `code` is spelled.
 *
 * `option` a value that a program or a person gave · `closed` a use after the end · `listen` our own sockets ·
 * `discovery` who the members are · `lookup` from a name to an address · `connect` from an address to a socket, TLS
 * included · `handshake` from a socket to a link · `link` a link that was up · `call` a process or code on the other
 * side · `term` bytes and terms · `limit` a bound that protects this process or a peer.
 */
export type ErrorCategory =
  | 'option'
  | 'closed'
  | 'listen'
  | 'discovery'
  | 'lookup'
  | 'connect'
  | 'handshake'
  | 'link'
  | 'call'
  | 'term'
  | 'limit'

/** What a package says about one of its codes. The page of all errors is made of these. */
export interface ErrorWords {
  /** What happened, as a person sees it. */
  readonly happened: string
  /** Why it happens. */
  readonly why: string
  /** What to do about it. */
  readonly hint: string
  readonly category: ErrorCategory
  /** Whether the same attempt can succeed later although nobody changes anything; default false. */
  readonly retryable?: boolean
  /** Who broke a rule or failed: this side (the default), or the other one. */
  readonly fault?: 'local' | 'peer'
}

/** The words for every code of a package. */
export type ErrorTable<Code extends string> = Readonly<Record<Code, ErrorWords>>

/** Details that replace what the table says about a code. */
export interface CodedErrorOptions extends ErrorOptions {
  /** What a person can do about it. */
  readonly hint?: string | undefined
  readonly retryable?: boolean | undefined
  readonly fault?: 'local' | 'peer' | undefined
}

/** Where the page of all errors stands; `#CODE` leads to a code. */
const ERRORS_PAGE = 'https://github.com/dynsrv/dynsrv/blob/main/docs/errors.md'

/** The address of the page that explains a code of ours. */
export function docsOf(code: string): string {
  return `${ERRORS_PAGE}#${code}`
}

/** The shape of every error of every package. Each package has a class of its own; recognise errors by `code`. */
export abstract class CodedError<Code extends string = string> extends Error {
  /** What went wrong, in one stable word. */
  readonly code: Code
  /** What a person can do about it. */
  readonly hint: string
  /** Whether the same attempt can succeed later although nobody changes anything. */
  readonly retryable: boolean
  /** Who broke a rule or failed: this side, or the other one. */
  readonly fault: 'local' | 'peer'
  readonly #category: ErrorCategory

  constructor(table: ErrorTable<Code>, code: Code, message: string, options?: CodedErrorOptions) {
    const { hint, retryable, fault, cause } = given(options)
    super(typeof message === 'string' ? message : shown(message), cause === undefined ? undefined : { cause })
    const words = wordsFor(table, code)
    this.code = code
    this.hint = hint ?? words.hint
    this.retryable = retryable ?? words.retryable ?? false
    this.fault = fault ?? words.fault ?? 'local'
    this.#category = words.category
  }

  /** Which stage it belongs to. */
  get category(): ErrorCategory {
    return this.#category
  }

  /** The address of the page that explains the code. */
  get docs(): string {
    return docsOf(this.code)
  }
}

/** For a code that a program made up in one of our errors. */
const UNKNOWN: ErrorWords = { happened: '', why: '', hint: 'Read the message.', category: 'option' }

function wordsFor<Code extends string>(table: ErrorTable<Code>, code: Code): ErrorWords {
  return typeof code === 'string' && Object.hasOwn(table, code) ? table[code] : UNKNOWN
}

/** The details that an error is made with. It takes anything: making an error never throws another one. */
export function given<T extends object>(options: T | undefined): Partial<T> {
  try {
    // A text would be spread into as many properties as it has characters.
    return typeof options === 'object' ? { ...options } : {}
  } catch {
    return {}
  }
}

/** What every error of every package has, whichever copy of this file made it. */
export type Coded = Pick<CodedError, 'code' | 'message' | 'hint' | 'retryable' | 'fault' | 'category' | 'docs'>

/** Whether something that was thrown is one of our errors. */
export function isCoded(error: unknown): error is Coded & Error {
  return [textOf(error, 'code'), textOf(error, 'hint'), textOf(error, 'category')].every((text) => text !== undefined)
}

/** The code of an error, ours or the system's (`ECONNREFUSED`); undefined when it has none. */
export function codeOf(error: unknown): string | undefined {
  return textOf(error, 'code')
}

/**
 * The message of anything that was thrown. It never throws, not even for an error whose message does, and takes no long time
 * for an integer or a list that a peer may have sent.
 */
export function messageOf(error: unknown): string {
  try {
    const text = textOf(error, 'message')
    if (text !== undefined) return text
    const takesLong = typeof error === 'bigint' ? inspectTakesLong(error) : Array.isArray(error)
    const said = takesLong ? shown(error) : String(error)
    // A plain object says nothing of itself.
    return said === '[object Object]' ? shown(error) : said
  } catch {
    return 'something that cannot be shown'
  }
}

/** A property that is text; undefined for anything else, a getter that throws included. */
export function textOf(value: unknown, key: string): string | undefined {
  try {
    if (typeof value !== 'object' || value === null) return undefined
    const found = (value as Readonly<Record<string, unknown>>)[key]
    return typeof found === 'string' ? found : undefined
  } catch {
    return undefined
  }
}
