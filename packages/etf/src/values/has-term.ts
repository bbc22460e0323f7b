/** The method that gives the map that a value of JavaScript stands for. A symbol keeps it out of the way. */
export const TO_TERM = Symbol.for('@dynsrv/etf term')

/** A point in time: a `Date` of JavaScript. */
// biome-ignore lint/style/noRestrictedGlobals: the type of a value, not the clock
export type Instant = Date

/** A value that stands for an Elixir struct, such as a `PlainDate` or a `Decimal`. */
export interface HasTerm {
  /** The struct: an object with atoms for keys, `__struct__` among them. */
  [TO_TERM](): object
}

export function hasTerm(value: object): value is HasTerm {
  return TO_TERM in value && typeof value[TO_TERM] === 'function'
}

/** Where a value keeps what it was made of. Not enumerable: nobody sees it, and copies do not have it. */
const ORIGIN = Symbol('@dynsrv/etf origin')

/** What a value was made of, for as long as it is as it came. */
interface Origin {
  readonly struct: object
  /** What the value was like. */
  readonly stamp: unknown
}

/** Remembers the struct that a value was made of, so that it goes back as it came. */
export function setOrigin<T extends object>(value: T, struct: object, stamp: unknown): T {
  return Object.defineProperty(value, ORIGIN, { value: { struct, stamp } satisfies Origin })
}

/** The struct that a value was made of; undefined for one that the program made, or that is like something else by now. */
export function originOf(value: object, stamp: unknown): object | undefined {
  const origin = (value as { readonly [ORIGIN]?: Origin })[ORIGIN]
  return origin !== undefined && Object.is(origin.stamp, stamp) ? origin.struct : undefined
}
