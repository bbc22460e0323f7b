type Method = (this: unknown, ...args: unknown[]) => unknown

const MAP_STEP = Object.getPrototypeOf(new Map().entries()) as object
const SET_STEP = Object.getPrototypeOf(new Set().values()) as object
const ARRAY_STEP = Object.getPrototypeOf([].values()) as object

/** Looks into collections, steps through them, and functions that look at each element of an array. */
const COUNTED: readonly (readonly [of: object, names: readonly string[]])[] = [
  [Map.prototype, ['get', 'set', 'has', 'delete']],
  [Set.prototype, ['add', 'has', 'delete']],
  [MAP_STEP, ['next']],
  [SET_STEP, ['next']],
  [ARRAY_STEP, ['next']],
]
/** Those look at all elements. */
const WHOLE = [
  'filter',
  'map',
  'flatMap',
  'find',
  'findLast',
  'some',
  'every',
  'includes',
  'indexOf',
  'splice',
  'shift',
]

/**
 * How many operations on maps, sets and arrays some work takes: a measure of work in proportion that does not depend on how
 * fast or busy the machine is.
 */
export async function countOperations(work: () => Promise<void>): Promise<number> {
  let count = 0
  const restore: (() => void)[] = []
  const replace = (of: object, name: string, cost: (self: unknown) => number): void => {
    const kept = Object.getOwnPropertyDescriptor(of, name)!
    const original = kept.value as Method
    function counted(this: unknown, ...args: unknown[]): unknown {
      count += cost(this)
      return Reflect.apply(original, this, args)
    }
    Object.defineProperty(of, name, { ...kept, value: counted })
    restore.push(() => Object.defineProperty(of, name, kept))
  }
  for (const [of, names] of COUNTED) for (const name of names) replace(of, name, () => 1)
  for (const name of WHOLE) replace(Array.prototype, name, (self) => (self as readonly unknown[]).length)
  try {
    await work()
  } finally {
    for (const undo of restore) undo()
  }
  return count
}
