import { type DirectRead, MISS } from '../read/direct-read.ts'
import { wordsOfObject } from '../read/memory.ts'
import type { TermReader } from '../read/term-reader.ts'
import * as Tag from '../tag.ts'
import { type Atom, atom, MAX_ATOM_CHARACTERS } from '../term.ts'
import { hasLoneSurrogate, readLatin1 } from '../utf8.ts'
import { directly, directOf, otherTag, UNSURE } from './direct.ts'
import type { Matcher } from './matcher.ts'
import { OptionalMatcher } from './optional.ts'

/** What else a map may have. */
interface FieldsReaderOptions {
  /** Whether keys may be text in place of atoms. */
  readonly text: boolean
  /** Whether there may be other keys, which are left out. */
  readonly others: boolean
}

/** From so many keys on that are left out, the map is read as a term. */
const MOST_OTHERS = 32

const OTHER = -1

/** Gives a shape that reads a map as an object of these fields its direct reader. */
export function directFields<M extends Matcher<unknown>>(
  shape: M,
  parts: Readonly<Record<string, Matcher<unknown>>>,
  options: FieldsReaderOptions,
): M {
  const names = Object.keys(parts)
  // Such a name can be no key, or is none to V8.
  if (names.some((name) => name === '__proto__' || name.length > MAX_ATOM_CHARACTERS || hasLoneSurrogate(name)))
    return shape
  const reader = new FieldsReader(parts, options)
  return directly(shape, (cursor, depth) => reader.read(cursor, depth))
}

interface Field {
  readonly name: string
  readonly read: DirectRead
  /** Whether it may be missing. */
  readonly isOptional: boolean
}

/**
 * Maps of one source have their keys in one order nearly always: each key is compared with the one that stood in its place
 * last time, and looked up only when it is another.
 */
class FieldsReader {
  readonly #fields: readonly Field[]
  readonly #text: boolean
  readonly #others: boolean
  readonly #atoms: readonly Atom[]
  readonly #byAtom: ReadonlyMap<Atom, number>
  /** By the UTF-8 of the name, a character a byte. */
  readonly #byText: ReadonlyMap<string, number>
  readonly #structSlot: number
  readonly #words: number
  /** Which field stood at each place of the map that was read last. */
  readonly #order: number[]

  constructor(parts: Readonly<Record<string, Matcher<unknown>>>, { text, others }: FieldsReaderOptions) {
    const fields = Object.entries(parts).map(([name, part]) => ({
      name,
      read: directOf(part),
      isOptional: part instanceof OptionalMatcher,
    }))
    this.#fields = fields
    this.#text = text
    this.#others = others
    this.#atoms = fields.map(({ name }) => atom(name))
    this.#byAtom = new Map(this.#atoms.map((one, slot) => [one, slot]))
    this.#byText = new Map(fields.map(({ name }, slot) => [Buffer.from(name).toString('latin1'), slot]))
    this.#structSlot = fields.findIndex(({ name }) => name === STRUCT.name)
    this.#words = wordsOfObject(fields.length)
    this.#order = fields.map(() => OTHER)
  }

  read(reader: TermReader, depth: number): unknown {
    if (reader.tag() !== Tag.MAP_EXT) return otherTag(reader)
    reader.at += 1
    const pairs = reader.u32()
    reader.admitPairs(pairs, depth)
    reader.spend(this.#words)
    const isText = reader.tag() === Tag.BINARY_EXT
    if (isText && !this.#text) return UNSURE
    const values: unknown[] = []
    for (let slot = 0; slot < this.#fields.length; slot++) values.push(MISS)
    const answer = this.#readPairs(reader, depth, { pairs, isText, values })
    return answer === undefined ? this.#objectOf(values) : answer
  }

  /** Reads the pairs to `values`; what it returns besides undefined is the answer of the whole. */
  #readPairs(reader: TermReader, depth: number, map: ReadPairs): typeof MISS | typeof UNSURE | undefined {
    const { pairs, isText, values } = map
    const outer = reader.owed
    let others: Set<unknown> | undefined
    for (let index = 0, owed = 2 * pairs - 1; index < pairs; index++, owed -= 2) {
      reader.owed = outer + owed
      let slot = isText ? OTHER : (this.#order[index] ?? OTHER)
      if (slot === OTHER || !reader.passAtom(this.#atoms[slot]!)) {
        const key = isText ? textKey(reader) : atomKey(reader)
        if (key === undefined) return UNSURE
        slot = (isText ? this.#byText.get(key as string) : this.#byAtom.get(key as Atom)) ?? OTHER
        if (index < this.#order.length && !isText) this.#order[index] = slot
        if (slot === OTHER) {
          const isStruct = key === STRUCT && reader.structs !== undefined
          if (!this.#others || isStruct || others?.size === MOST_OTHERS || others?.has(key)) return UNSURE
          others ??= new Set()
          others.add(key)
          reader.owed = outer + owed - 1
          reader.read(depth + 1)
          continue
        }
      }
      // The map names it twice, which reading it as a term refuses; or it is a struct, which may stand for something else.
      if (values[slot] !== MISS || (slot === this.#structSlot && reader.structs !== undefined)) return UNSURE
      reader.owed = outer + owed - 1
      const value = this.#fields[slot]!.read(reader, depth + 1)
      if (value === MISS) return MISS
      values[slot] = value
    }
    reader.owed = outer
    return undefined
  }

  #objectOf(values: readonly unknown[]): unknown {
    const object: Record<string, unknown> = {}
    for (let slot = 0; slot < values.length; slot++) {
      const { name, isOptional } = this.#fields[slot]!
      const value = values[slot]
      if (value !== MISS) object[name] = value
      else if (!isOptional) return MISS
    }
    return object
  }
}

const STRUCT = atom('__struct__')

interface ReadPairs {
  readonly pairs: number
  readonly isText: boolean
  /** By slot; {@link MISS} for what has not come. */
  readonly values: unknown[]
}

function atomKey(reader: TermReader): Atom | undefined {
  const tag = reader.tag()
  return tag === Tag.SMALL_ATOM_UTF8_EXT || tag === Tag.ATOM_CACHE_REF ? reader.readAtom() : undefined
}

function textKey(reader: TermReader): string | undefined {
  if (reader.tag() !== Tag.BINARY_EXT) return undefined
  const start = reader.openBinary()
  return readLatin1(reader.bytes, start, reader.at)
}
