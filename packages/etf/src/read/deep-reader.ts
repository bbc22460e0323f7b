import * as Tag from '../tag.ts'
import { ImproperList, type Term, Tuple } from '../term.ts'
import { openFun } from './fun-reader.ts'
import type { LeafReader } from './leaf-reader.ts'
import { listForJson, mapOf, objectOrMapOf } from './map-builder.ts'
import { IMPROPER_WORDS, wordsOfList, wordsOfTuple } from './memory.ts'
import type { OpenContainer } from './open-container.ts'
import { openRecord } from './record-reader.ts'

/** One open container of the deep reader: it takes terms until it is whole. */
interface Frame {
  /** Called before each element is read: whether another one comes. */
  wantsMore(): boolean
  add(term: Term): void
  close(): Term
}

/** A reader of whole terms, which hands over here when they nest deeply; it is asked for the leaves. */
export interface WholeReader extends LeafReader {
  read(depth: number): Term
}

/**
 * Reads the container at the cursor with a stack on the heap in place of the call stack.
 *
 * It reads the same language as `TermReader.read`, which hands over here when terms nest deeply.
 */
export function readDeep(reader: WholeReader, depth: number): Term {
  const frames: Frame[] = []
  for (;;) {
    const opened = openFrame(reader, depth + frames.length)
    let term: Term
    if (opened !== undefined) {
      frames.push(opened)
      if (opened.wantsMore()) continue
      term = frames.pop()!.close()
    } else {
      term = reader.read(0)
    }
    for (;;) {
      const frame = frames.at(-1)
      if (frame === undefined) return term
      frame.add(term)
      if (frame.wantsMore()) break
      frames.pop()
      term = frame.close()
    }
  }
}

function openFrame(reader: LeafReader, depth: number): Frame | undefined {
  switch (reader.bytes[reader.at]) {
    case Tag.SMALL_TUPLE_EXT:
    case Tag.LARGE_TUPLE_EXT: {
      const size = reader.openTuple()
      reader.spend(wordsOfTuple(size))
      reader.admit(size, depth)
      const elements = new Array<Term>(size)
      return new CountedFrame(reader, { size, elements, close: () => new Tuple(elements) })
    }
    case Tag.NEW_FUN_EXT:
      return new CountedFrame(reader, openFun(reader, depth))
    case Tag.RECORD_EXT:
      return new CountedFrame(reader, openRecord(reader, depth))
    case Tag.LIST_EXT:
      return new ListFrame(reader, depth)
    case Tag.MAP_EXT:
      return new MapFrame(reader, depth)
    default:
      return undefined
  }
}

class CountedFrame implements Frame {
  readonly #reader: LeafReader
  readonly #container: OpenContainer
  #left: number

  constructor(reader: LeafReader, container: OpenContainer) {
    this.#reader = reader
    this.#container = container
    this.#left = container.size
    reader.owed += container.size
  }

  wantsMore(): boolean {
    if (this.#left === 0) return false
    this.#left -= 1
    this.#reader.owed -= 1
    return true
  }

  add(term: Term): void {
    const { size, elements } = this.#container
    elements[size - this.#left - 1] = term
  }

  close(): Term {
    return this.#container.close()
  }
}

class ListFrame implements Frame {
  readonly #reader: LeafReader
  readonly #depth: number
  #list: Term[] | undefined
  #filled = 0
  #room = 0
  #left = 0
  #tail: { readonly term: Term } | undefined
  #readsTail = false

  constructor(reader: LeafReader, depth: number) {
    this.#reader = reader
    this.#depth = depth
    this.#openPart()
  }

  /** A list, and every list that is its tail, is a part: a count and as many elements. */
  #openPart(): void {
    const reader = this.#reader
    reader.skip(1)
    this.#left = reader.u32()
    reader.admit(this.#left, this.#depth)
    reader.owed += this.#left
    if (this.#list === undefined) {
      reader.spend(wordsOfList(this.#left))
      this.#list = new Array<Term>(this.#left)
      this.#room = this.#left
      return
    }
    this.#filled = this.#list.length
    this.#room = reader.lengthen(this.#list, this.#left, this.#room)
  }

  wantsMore(): boolean {
    const reader = this.#reader
    if (this.#tail !== undefined) return false
    while (this.#left === 0) {
      // Behind the end there may be bytes of the next message.
      if (reader.at >= reader.end) throw reader.truncated()
      switch (reader.bytes[reader.at]) {
        case Tag.NIL_EXT:
          reader.at += 1
          return false
        case Tag.STRING_EXT:
          reader.appendString(this.#list!, this.#room)
          return false
        case Tag.LIST_EXT:
          this.#openPart()
          continue
        default:
          this.#readsTail = true
          return true
      }
    }
    this.#left -= 1
    reader.owed -= 1
    return true
  }

  add(term: Term): void {
    if (this.#readsTail) this.#tail = { term }
    else this.#list![this.#filled++] = term
  }

  close(): Term {
    const list = this.#list!
    if (this.#tail === undefined) return listForJson(this.#reader, list)
    if (list.length === 0) return this.#tail.term
    this.#reader.spend(IMPROPER_WORDS)
    return new ImproperList(list, this.#tail.term)
  }
}

class MapFrame implements Frame {
  readonly #reader: LeafReader
  readonly #start: number
  readonly #pairs: number
  readonly #keys: Term[]
  readonly #values: Term[]
  #left: number
  #outer: ReturnType<LeafReader['enterKey']> | undefined

  constructor(reader: LeafReader, depth: number) {
    reader.skip(1)
    this.#reader = reader
    this.#pairs = reader.u32()
    this.#left = this.#pairs * 2
    this.#start = reader.at
    reader.admitPairs(this.#pairs, depth)
    reader.spend(2 * this.#pairs)
    this.#keys = new Array<Term>(this.#pairs)
    this.#values = new Array<Term>(this.#pairs)
    reader.owed += this.#left
  }

  wantsMore(): boolean {
    if (this.#left === 0) return false
    const reader = this.#reader
    if (this.#left % 2 === 0) {
      if (reader.wantsObject && reader.bytes[reader.at] === Tag.BINARY_EXT) {
        // Most often it becomes the name of a property, and nothing of it is kept.
        this.#keys[this.#pairs - (this.#left >> 1)] = reader.readPassing()
        this.#left -= 2
        reader.owed -= 2
        return true
      }
      this.#outer = reader.enterKey()
    }
    this.#left -= 1
    reader.owed -= 1
    return true
  }

  add(term: Term): void {
    if (this.#outer === undefined) {
      this.#values[this.#pairs - 1 - (this.#left >> 1)] = term
      return
    }
    this.#reader.leaveKey(this.#outer)
    this.#outer = undefined
    this.#keys[this.#pairs - 1 - (this.#left >> 1)] = term
  }

  close(): Term {
    const reader = this.#reader
    reader.words -= 2 * this.#pairs
    if (reader.wantsObject) return objectOrMapOf(reader, this.#keys, this.#values, this.#start)
    return mapOf(reader, this.#keys, this.#values, this.#start)
  }
}
