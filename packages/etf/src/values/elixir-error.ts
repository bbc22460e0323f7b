import { visibleLines } from '@dynsrv/kit'
import type { TermObject } from '../term.ts'
import { type Json, TERM_JSON } from '../text/json.ts'
import { termText } from '../text/term-text.ts'
import { type Piece, TERM_PIECES, type TermSyntax } from '../text/text-pieces.ts'
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
function safely(read: () => string | undefined, otherwise: string): string {
  try {
    return read() ?? otherwise
  } catch {
    return otherwise
  }
}

/** A property that is found out when it is read, and that a program may set. */
function shownPart(read: (error: ElixirError) => string): PropertyDescriptor {
  return {
    get: function (this: ElixirError) {
      return read(this)
    },
    configurable: true,
  }
}

/**
 * An exception of Elixir: an `Error` whose `name` is that of the exception, such as `ArgumentError`.
 *
 * It has no stack: it was not raised here. Elixir makes the messages of some exceptions when they are shown; where the
 * struct holds none, the fields stand for it.
 */
export class ElixirError extends Error {
  /** The name of the exception, without `Elixir.`. */
  declare readonly name: string
  /** What it says, with control characters by their number; made when it is asked for. As it came it is in `struct`. */
  declare readonly message: string
  /** The fields of the struct, `__struct__` and `__exception__` among them. */
  readonly struct: TermObject

  static {
    // A peer may send exceptions inside exceptions without end: no text is made before somebody reads it.
    Object.defineProperty(
      ElixirError.prototype,
      'name',
      shownPart(({ struct }) => safely(() => nameOf(struct), 'ElixirError')),
    )
    Object.defineProperty(
      ElixirError.prototype,
      'message',
      shownPart(({ struct }) => safely(() => visibleLines(messageOf(struct)), '')),
    )
  }

  /** @param struct what is no exception makes an error without words */
  constructor(struct: TermObject) {
    const most = Error.stackTraceLimit
    // Where it was decoded helps nobody. V8 makes the text of the stack, too, when it is read: not to be touched here.
    Error.stackTraceLimit = 0
    super()
    Error.stackTraceLimit = most
    this.struct = struct
    Object.defineProperty(this, 'struct', { enumerable: false })
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

  [TERM_PIECES](_syntax: TermSyntax, most: number): readonly Piece[] {
    return [{ text: termText(this.struct, 'elixir', most) }]
  }
}

export function readException(fields: TermObject): ElixirError | undefined {
  return nameOf(fields) === undefined ? undefined : new ElixirError(fields)
}
