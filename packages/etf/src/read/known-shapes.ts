/** How many shapes of objects there may be for good. V8 takes about 1500 that begin with different properties. */
const MOST_SHAPES = 1000

/** An object of more properties is kept as a table in any case. */
export const MOST_SHAPED = 19

/** Where shapes are found, and how many places are looked at. Powers of two. */
const PLACES = 4096
const TRIES = 8

/** How many of the latest objects are remembered, each by its names of no more characters together. */
const LATEST = 256
const MOST_CHARACTERS = 4096

type Names = readonly string[]

const shapes: (Names | undefined)[] = new Array<Names | undefined>(PLACES).fill(undefined)
const latest: (Names | undefined)[] = new Array<Names | undefined>(LATEST).fill(undefined)
let shapeCount = 0

/**
 * How an object with these properties, in this order, is made: `shaped`, where V8 keeps what such objects have in common
 * once; as a table of its own, whose names are `known` from one that was made lately; or as a table with `new` names.
 *
 * A shape is for what comes more than once. V8 keeps only so many of them, and a peer that sends objects of ever new names
 * must not make those of all others large.
 */
export function kindOfObject(names: Names): 'shaped' | 'known' | 'new' {
  const { length } = names
  if (length === 0) return 'shaped'
  const hash = hashOf(names[0]!, length) ^ Math.imul(hashOf(names[length - 1]!, length), 31)
  let free = -1
  if (length <= MOST_SHAPED) {
    for (let probe = 0; probe < TRIES; probe++) {
      const place = (hash + probe) & (PLACES - 1)
      const found = shapes[place]
      if (found === undefined) {
        free = place
        break
      }
      if (areEqual(found, names)) return 'shaped'
    }
  }
  const recent = latest[hash & (LATEST - 1)]
  if (recent !== undefined && areEqual(recent, names)) {
    if (free < 0 || shapeCount >= MOST_SHAPES) return 'known'
    shapes[free] = recent
    shapeCount += 1
    return 'shaped'
  }
  let characters = 0
  for (const name of names) characters += name.length
  if (characters <= MOST_CHARACTERS) latest[hash & (LATEST - 1)] = names
  return 'new'
}

function areEqual(some: Names, others: Names): boolean {
  if (some.length !== others.length) return false
  for (let index = 0; index < some.length; index++) if (some[index] !== others[index]) return false
  return true
}

/** Of the last characters, in which names of one kind differ. */
function hashOf(name: string, seed: number): number {
  let hash = seed + name.length
  for (let at = Math.max(0, name.length - 8); at < name.length; at++) {
    hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193)
  }
  return hash ^ (hash >>> 15)
}

/** An object without properties that V8 keeps as a table, as it does where properties were deleted. */
export function emptyTable<T>(): Record<string, T> {
  const object: { first?: number; second?: number } = { first: 0, second: 0 }
  delete object.first
  delete object.second
  return object as Record<string, T>
}
