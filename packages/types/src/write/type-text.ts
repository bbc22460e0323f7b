import { type Declaration, type Field, NEVER, type Type } from '../read/type.ts'
import { block, choice, flat, type Piece, sequence } from './layout.ts'
import { commentText, propertyName, stringLiteral } from './literal.ts'
import { parameter } from './names.ts'

/** A type in TypeScript. */
export function typeText(type: Type): Piece {
  switch (type.is) {
    case 'leaf':
      return type.unsaid === undefined ? type.type : `${type.type} /* ${commentText(type.unsaid)} */`
    case 'atom':
      return ATOMS[type.name] ?? stringLiteral(type.name)
    case 'tuple':
      return tuple(type.elements)
    case 'list':
      return type.nonEmpty ? nonEmpty(typeText(type.of)) : sequence(element(type.of), '[]')
    case 'improper':
      return block(
        '{',
        [sequence('readonly elements: ', element(type.of), '[]'), sequence('readonly tail: ', typeText(type.tail))].map(
          (each) => each,
        ),
        '}',
      )
    case 'object':
      return fields(type.fields, type.open !== false)
    case 'keywords':
      return fields(type.fields)
    case 'pairs': {
      const keys = distinct(type.pairs.map(({ key }) => typeText(key)))
      const values = distinct(type.pairs.map(({ value }) => typeText(value)))
      return block('Map<', [choice(keys), choice(values)], '>')
    }
    case 'set':
      return block('Set<', [typeText(type.of)], '>')
    case 'union':
      return choice(distinct(booleans(type.of).map(typeText)))
    case 'ref':
      return type.to.name
  }
}

/** The atoms that have values of their own in JavaScript. */
const ATOMS: Readonly<Record<string, string>> = Object.assign(Object.create(null) as object, {
  true: 'true',
  false: 'false',
  nil: 'null',
  undefined: 'undefined',
})

function isAtom(type: Type, name: string): boolean {
  return type.is === 'atom' && type.name === name
}

/** `true | false` is `boolean`. */
function booleans(types: readonly Type[]): readonly Type[] {
  const isTrue = (type: Type) => isAtom(type, 'true')
  const isFalse = (type: Type) => isAtom(type, 'false')
  if (!types.some(isTrue) || !types.some(isFalse)) return types
  return types.filter((type) => !isFalse(type)).map((type) => (isTrue(type) ? BOOLEAN : type))
}

const BOOLEAN: Type = { is: 'leaf', type: 'boolean', matcher: 't.boolean()', uses: [], loose: false }

/** Two types may look alike in TypeScript, as a charlist and a text do. */
function distinct(pieces: readonly Piece[]): readonly Piece[] {
  const seen = new Map(pieces.map((piece) => [flat(piece), piece]))
  if (seen.size > 1) seen.delete('never')
  return [...seen.values()]
}

/** What stands before `[]`, or between `|` of a list. */
function element(type: Type): Piece {
  const text = typeText(type)
  const line = flat(text)
  const isSimple = type.is !== 'union' && !/ \| |\/\*|^readonly /.test(line)
  return isSimple || (type.is !== 'leaf' && type.is !== 'union') ? text : sequence('(', text, ')')
}

function nonEmpty(of: Piece): Piece {
  const line = flat(of)
  return block('[', [of, /^[\w$]+$/.test(line) ? `...${line}[]` : sequence('...(', of, ')[]')], ']')
}

/** A tuple whose elements have names where all of them have one; TypeScript takes all or none. */
function tuple(elements: readonly { readonly name?: string | undefined; readonly of: Type }[]): Piece {
  const names = distinctParameters(elements.map(({ name }) => name))
  const isNamed = names !== undefined && elements.length > 1
  return block(
    '[',
    elements.map(({ of }, index) => (isNamed ? sequence(`${names[index]}: `, typeText(of)) : typeText(of))),
    ']',
  )
}

/** The names as parameters; undefined unless all of them are different ones. */
function distinctParameters(names: readonly (string | undefined)[]): readonly string[] | undefined {
  const given = names.map((name) => (name === undefined ? undefined : parameter(name)))
  const isComplete = given.every((name) => name !== undefined) && new Set(given).size === given.length
  return isComplete ? (given as string[]) : undefined
}

function fields(all: readonly Field[], open = false): Piece {
  if (all.length === 0) return 'Record<string, never>'
  const shown = all.map(({ name, of, optional }) =>
    sequence(`${propertyName(name)}${optional ? '?' : ''}: `, typeText(of)),
  )
  return block('{', open ? [...shown, '[other: string]: unknown'] : shown, '}')
}

/** What a declaration stands for. */
export function declaredType({ of, opaque, erlang }: Declaration): Piece {
  return opaque ? `Opaque<${stringLiteral(erlang)}>` : typeText(of ?? NEVER)
}
