import { either, flag, listOf, oneOf, optionsOf, type Rule, type Rules, rule } from '@dynsrv/kit'
import { StructType } from './struct-type.ts'
import type { Structs } from './structs.ts'

/**
 * What terms become: `exact`, values that are the same term when they are encoded again; `plain`, the values that a
 * JavaScript program would make itself; or single settings on top of one of the two.
 *
 * `plain` is `{ binary: 'text', map: 'object', structs: true }`. What came in plain and goes back unchanged is the same term
 * too, but for floats without a fraction and for times finer than a millisecond in copies of a `Date`.
 */
export type Values = 'exact' | 'plain' | ValueSettings

/** Single settings of {@link Values}. */
export interface ValueSettings {
  /** What is not said here: `exact` or `plain`. Default: as where the settings are given. */
  readonly set?: 'exact' | 'plain'
  /**
   * What binaries become: `bytes` (`exact`) a `Uint8Array` on the memory of the input; `text` (`plain`) a string when they
   * are UTF-8, else bytes; `view` a {@link Binary}, which is the fastest.
   */
  readonly binary?: 'bytes' | 'text' | 'view'
  /**
   * What maps become: `map` (`exact`) a `Map`; `object` (`plain`) a plain object when the keys are all atoms, or all UTF-8
   * text of at most 16 383 characters that is no whole number, else a `Map`. An object remembers that its keys were atoms, and so does
   * `{ ...object }`: see `atoms`. A map whose keys would make a `Map` slow becomes a {@link SeededMap}.
   */
  readonly map?: 'map' | 'object'
  /**
   * What floats become: `number` (default), or `boxed` a {@link Float}, which keeps `1.0` apart from `1`.
   *
   * Inside map keys, floats without a fraction are always boxed: `1` and `1.0` are two keys.
   */
  readonly float?: 'number' | 'boxed'
  /**
   * What Elixir structs become, where maps become objects: `true` (`plain`) the values in the table of structs, `false` objects
   * with their fields. A list adds structs of the program: see `struct`.
   */
  readonly structs?: boolean | readonly StructType[]
}

const structTypes: Rule = listOf(rule('what struct() gives', (value) => value instanceof StructType))

/** What each setting takes. */
export const SETTING_RULES: Rules<Omit<ValueSettings, 'set'>> = {
  binary: oneOf('bytes', 'text', 'view'),
  map: oneOf('map', 'object'),
  float: oneOf('number', 'boxed'),
  structs: either(flag, structTypes),
}

/** What `values` takes. */
export const valuesRule: Rule = either(
  oneOf('exact', 'plain'),
  optionsOf<ValueSettings>({ set: oneOf('exact', 'plain'), ...SETTING_RULES }),
)

/** What is wanted of each kind of term. */
export interface Wanted {
  readonly binary: 'bytes' | 'text' | 'view'
  readonly map: 'map' | 'object'
  readonly float: 'number' | 'boxed'
  /** Undefined where structs are maps like others. */
  readonly structs: Structs | undefined
}

const NO_STRUCTS: Structs = new Map()

/** Puts the settings together: `over` stands on top of `values`. */
export function wanted(values: Values | undefined, over: Omit<ValueSettings, 'set'> = {}): Wanted {
  const settings: ValueSettings = typeof values === 'string' ? { set: values } : (values ?? {})
  const isPlain = settings.set === 'plain'
  const structs = over.structs ?? settings.structs ?? isPlain
  return {
    binary: over.binary ?? settings.binary ?? (isPlain ? 'text' : 'bytes'),
    map: over.map ?? settings.map ?? (isPlain ? 'object' : 'map'),
    float: over.float ?? settings.float ?? 'number',
    structs: structs === false ? undefined : structs === true ? NO_STRUCTS : byModule(structs),
  }
}

function byModule(types: readonly StructType[]): Structs {
  return new Map(types.map((type) => [type.module, type]))
}
