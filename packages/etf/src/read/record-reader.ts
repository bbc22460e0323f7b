import { type Atom, NativeRecord, type Term } from '../term.ts'
import type { LeafReader } from './leaf-reader.ts'
import { FIELD_WORDS, RECORD_WORDS } from './memory.ts'
import type { OpenContainer } from './open-container.ts'

/** The only flag. */
const EXPORTED = 1

/** RECORD_EXT of OTP 29: reads the head with the names; the values are the elements. */
export function openRecord(reader: LeafReader, depth: number): OpenContainer {
  const start = reader.skip(1)
  const size = reader.u32()
  const flags = reader.u8()
  const module = reader.readAtom()
  const name = reader.readAtom()
  if (flags > EXPORTED) throw reader.error('ETF_BAD_RECORD', `a record has no flags ${flags}`, start)
  // Each field is a name and a value.
  reader.admit(size * 2, depth)
  reader.spend(RECORD_WORDS + size * FIELD_WORDS)
  const names: Atom[] = []
  for (let index = 0; index < size; index++) names.push(reader.readAtom())
  if (new Set(names).size !== size) throw reader.error('ETF_BAD_RECORD', 'a record names a field twice', start)
  const elements = new Array<Term>(size)
  return {
    size,
    elements,
    close: () =>
      new NativeRecord(
        module,
        name,
        flags === EXPORTED,
        names.map((field, index) => [field, elements[index]]),
      ),
  }
}
