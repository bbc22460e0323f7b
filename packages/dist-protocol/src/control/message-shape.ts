/** A message whose properties are known only to the table of opcodes. */
export interface AnyMessage {
  readonly op: string
  [name: string]: unknown
}

/**
 * A set of properties that messages have: how it is made into a message, and taken out of one.
 *
 * V8 makes an object by a literal, and reads properties that are written out, several times as fast as by names that it
 * learns at run time. So each set of today is written out; a message with another one is handled by its names.
 */
const SHAPES = [
  'to',
  'from to',
  'from toName',
  'from to ref',
  'id from to',
  'ref to flags result',
  'ref from groupLeader module function arity options',
] as const

export type Shape = (typeof SHAPES)[number] | undefined

export function shapeOf(names: readonly string[]): Shape {
  return SHAPES.find((shape) => shape === names.join(' '))
}

/** The message with these properties. */
export function makeMessage(shape: Shape, op: string, names: readonly string[], v: readonly unknown[]): AnyMessage {
  if (shape === 'ref to flags result') return { op, ref: v[0], to: v[1], flags: v[2], result: v[3] }
  if (shape === 'ref from groupLeader module function arity options') {
    return {
      op,
      ref: v[0],
      from: v[1],
      groupLeader: v[2],
      module: v[3],
      function: v[4],
      arity: v[5],
      options: v[6],
    }
  }
  const message: AnyMessage = { op }
  for (const [index, name] of names.entries()) message[name] = v[index]
  return message
}

/** The message with one, two or three properties, without an array of them. */
export function makeSmallMessage(shape: Shape, op: string, a: unknown, b: unknown, c: unknown): AnyMessage {
  switch (shape) {
    case 'from to':
      return { op, from: a, to: b }
    case 'to':
      return { op, to: a }
    case 'from toName':
      return { op, from: a, toName: b }
    case 'from to ref':
      return { op, from: a, to: b, ref: c }
    default:
      return { op, id: a, from: b, to: c }
  }
}

/** A property of a message, by its place among them. */
export function propertyAt(shape: Shape, names: readonly string[], m: AnyMessage, index: number): unknown {
  switch (shape) {
    case 'from to':
      return index === 0 ? m.from : m.to
    case 'to':
      return m.to
    case 'from toName':
      return index === 0 ? m.from : m.toName
    case 'from to ref':
      return index === 0 ? m.from : index === 1 ? m.to : m.ref
    case 'id from to':
      return index === 0 ? m.id : index === 1 ? m.from : m.to
    case 'ref from groupLeader module function arity options':
      return spawnPropertyAt(m, index)
    default:
      return m[names[index]!]
  }
}

function spawnPropertyAt(m: AnyMessage, index: number): unknown {
  switch (index) {
    case 0:
      return m.ref
    case 1:
      return m.from
    case 2:
      return m.groupLeader
    case 3:
      return m.module
    case 4:
      return m.function
    case 5:
      return m.arity
    default:
      return m.options
  }
}
