import { type Declaration, type Field, keyOf, NEVER, type Type } from '../read/type.ts'
import { block, type Piece, sequence } from './layout.ts'
import { objectKey, stringLiteral } from './literal.ts'

/** What makes the matcher of a type. */
export function matcherText(type: Type): Piece {
  switch (type.is) {
    case 'leaf':
      return type.matcher
    case 'atom':
      return VALUES[type.name] ?? `t.atom(${stringLiteral(type.name)})`
    case 'tuple':
      return block(
        't.tuple(',
        type.elements.map(({ of }) => matcherText(of)),
        ')',
      )
    case 'list':
      return block(type.nonEmpty ? 't.nonEmpty(' : 't.list(', [matcherText(type.of)], ')')
    case 'improper':
      return block('t.improperList(', [matcherText(type.of), matcherText(type.tail)], ')')
    case 'object':
      return sequence(
        't.object(',
        fields(type.fields),
        type.open === false ? ')' : `, { others: ${type.open === true ? true : "'atoms'"} })`,
      )
    case 'keywords':
      return sequence('t.keywords(', fields(type.fields), ')')
    case 'pairs':
      return pairs(type)
    case 'set':
      return block('t.set(', [matcherText(type.of)], ')')
    case 'union':
      return union(type.of)
    case 'ref':
      return type.to.name
  }
}

/** The atoms that have values of their own in JavaScript. */
const VALUES: Readonly<Record<string, string>> = Object.assign(Object.create(null) as object, {
  true: 't.literal(true)',
  false: 't.literal(false)',
  nil: 't.literal(null)',
  undefined: 't.literal(undefined)',
})

/** Atoms side by side are one matcher. */
function union(types: readonly Type[]): Piece {
  const members: Piece[] = []
  const names: string[] = []
  const keys = new Set(types.map(keyOf))
  const isBoolean = keys.has(keyOf({ is: 'atom', name: 'true' })) && keys.has(keyOf({ is: 'atom', name: 'false' }))
  let place = -1
  for (const type of types) {
    if (isBoolean && type.is === 'atom' && type.name === 'false') continue
    if (isBoolean && type.is === 'atom' && type.name === 'true') members.push('t.boolean()')
    else if (type.is !== 'atom' || VALUES[type.name] !== undefined) members.push(matcherText(type))
    else {
      if (place < 0) place = members.push('') - 1
      names.push(stringLiteral(type.name))
    }
  }
  if (place >= 0) members[place] = block('t.atom(', names, ')')
  return members.length === 1 ? members[0]! : block('t.union(', members, ')')
}

function fields(all: readonly Field[]): Piece {
  const shown = all.map(({ name, of, optional }) =>
    sequence(`${objectKey(name)}: `, optional ? block('t.optional(', [matcherText(of)], ')') : matcherText(of)),
  )
  return shown.length === 0 ? '{}' : block('{', shown, '}')
}

function pairs({ pairs: all }: Extract<Type, { is: 'pairs' }>): Piece {
  const [only] = all
  if (all.length === 1 && !only!.required) {
    return block('t.map(', [matcherText(only!.key), matcherText(only!.value)], ')')
  }
  const shown = all.map(({ key, value, required }) => {
    const parts = [sequence('key: ', matcherText(key)), sequence('value: ', matcherText(value))]
    return block('{', required ? [...parts, 'required: true'] : parts, '}')
  })
  return block('t.pairs(', shown, ')')
}

/** What makes the matcher of a declaration. */
export function declaredMatcher({ of, opaque, erlang }: Declaration): Piece {
  const inside = matcherText(of ?? NEVER)
  return opaque ? block('t.opaque(', [stringLiteral(erlang), inside], ')') : inside
}
