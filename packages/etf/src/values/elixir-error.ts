import type { Term, TermObject } from '../term.ts'
import { inspect } from '../text/inspect.ts'
import { type Json, TERM_JSON } from '../text/json.ts'
import { termText } from '../text/term-text.ts'
import { type Piece, TERM_PIECES } from '../text/text-pieces.ts'
import { TO_TERM } from './has-term.ts'
import { moduleOf } from './struct-object.ts'

function nameOf(struct: TermObject): string | undefined {
  return struct.__exception__ === true ? moduleOf(struct.__struct__) : undefined
}

/** What the fields say where there is no `message`. */
function messageOf({ message, __struct__, __exception__, ...fields }: TermObject): string {
  return typeof message === 'string' ? message : termText(fields, 'elixir', MOST_CHARACTERS)
}

/** Of the fields that stand for a message. */
const MOST_CHARACTERS = 500

/** The class of an error never throws. */
function partsOf(struct: TermObject): { readonly name: string; readonly message: string } {
  try {
    return { name: nameOf(struct) ?? 'ElixirError', message: messageOf(struct) }
  } catch {
    return { name: 'ElixirError', message: '' }
  }
}

/**
 * An exception of Elixir: an `Error` whose `name` is that of the exception, such as `ArgumentError`.
 *
 * It has no stack: it was not raised here. Elixir makes the messages of some exceptions when they are shown; where the
 * struct holds none, the fields stand for it.
 */
export class ElixirError extends Error {
  override readonly name: string
  /** The fields of the struct, `__struct__` and `__exception__` among them. */
  readonly struct: TermObject

  /** @param struct what is no exception makes an error without words */
  constructor(struct: TermObject) {
    const { name, message } = partsOf(struct)
    const most = Error.stackTraceLimit
    // Where it was decoded helps nobody.
    Error.stackTraceLimit = 0
    super(message)
    Error.stackTraceLimit = most
    this.name = name
    this.struct = struct
    Object.defineProperty(this, 'struct', { enumerable: false })
    Object.defineProperty(this, 'name', { enumerable: false })
    Object.defineProperty(this, 'stack', { value: String(this), writable: true, configurable: true })
  }

  /** As Elixir prints it: `(ArgumentError) not this one`. */
  toElixir(): string {
    return `(${this.name}) ${this.message}`
  }

  toJSON(): Json {
    return { name: this.name, message: this.message }
  }

  [TERM_JSON](): Json {
    return { name: this.name, message: this.message }
  }

  [TO_TERM](): TermObject {
    return this.struct
  }

  [TERM_PIECES](): readonly Piece[] {
    return [{ text: inspect(this.struct as Term, { syntax: 'elixir' }) }]
  }
}

export function readException(fields: TermObject): ElixirError | undefined {
  return nameOf(fields) === undefined ? undefined : new ElixirError(fields)
}
