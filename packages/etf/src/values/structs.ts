import type { Term, TermObject } from '../term.ts'
import { readDate, readDateTime, readNaiveDateTime, readTime } from './calendar.ts'
import { readDecimal } from './decimal.ts'
import { readException } from './elixir-error.ts'
import { readMapSet } from './map-set.ts'
import { readRange } from './range.ts'
import { moduleOf } from './struct-object.ts'
import type { StructType } from './struct-type.ts'
import { readUri } from './url.ts'
import { readVersion } from './version.ts'

/** What reads each struct of Elixir: undefined for one that is not as that module makes them. */
const READERS = new Map<string, (fields: TermObject, beforeSet: (size: number) => void) => object | undefined>(
  Object.entries({
    Date: readDate,
    DateTime: readDateTime,
    Decimal: readDecimal,
    MapSet: readMapSet,
    NaiveDateTime: readNaiveDateTime,
    Range: readRange,
    Time: readTime,
    URI: readUri,
    Version: readVersion,
  }),
)

/** The structs that decode to values, those of the program by their modules. */
export type Structs = ReadonlyMap<string, StructType>

/**
 * The value of a struct, which was decoded to an object; one that has no other value is that object.
 *
 * @param beforeSet is told how many elements a set will have before it is made
 */
export function structValue(fields: TermObject, structs: Structs, beforeSet: (size: number) => void): Term {
  const module = moduleOf(fields.__struct__)
  if (module === undefined) return fields
  const own = structs.get(module)
  if (own !== undefined) return own.decode(fields) as Term
  return (READERS.get(module)?.(fields, beforeSet) ?? readException(fields) ?? fields) as Term
}
