import type { Declaration, Type } from '../read/type.ts'
import type { TypedFunction } from '../read/typed-function.ts'

/** What a file imports: types, and what exists when it runs. */
export function usedNames({
  declarations,
  functions,
}: {
  readonly declarations: readonly Declaration[]
  readonly functions: readonly TypedFunction[]
}): {
  readonly types: readonly string[]
  readonly values: readonly string[]
} {
  const types = new Set(['Contract'])
  const values = new Set(['contract'])
  const use = (type: Type): void => {
    if (type.is !== 'ref') values.add('t')
    if (type.is !== 'leaf') return
    for (const name of type.uses) {
      if (name.startsWith('=')) values.add(name.slice(1))
      else types.add(name)
    }
  }
  for (const declaration of declarations) {
    types.add('Matcher')
    values.add('t')
    // Of an opaque type only the matcher shows what is inside.
    if (declaration.opaque) {
      types.add('Opaque')
      eachPart(declaration.of, (type) => {
        if (type.is === 'leaf') for (const name of type.uses) if (name.startsWith('=')) values.add(name.slice(1))
      })
    } else eachPart(declaration.of, use)
  }
  if (functions.length > 0) values.add('clause')
  for (const { typed } of functions) {
    if (typed.length === 0) {
      types.add('Term')
      values.add('t')
    }
    for (const { takes, gives } of typed) for (const type of [...takes.map(({ of }) => of), gives]) eachPart(type, use)
  }
  return { types: [...types], values: [...values] }
}

/** Calls back for a type and for each that it consists of, but not for what names stand for. */
export function eachPart(type: Type | undefined, tell: (type: Type) => void): void {
  if (type === undefined) return
  tell(type)
  for (const part of partsOf(type)) eachPart(part, tell)
}

function partsOf(type: Type): readonly Type[] {
  switch (type.is) {
    case 'tuple':
      return type.elements.map(({ of }) => of)
    case 'list':
    case 'set':
      return [type.of]
    case 'improper':
      return [type.of, type.tail]
    case 'object':
    case 'keywords':
      return type.fields.map(({ of }) => of)
    case 'pairs':
      return type.pairs.flatMap(({ key, value }) => [key, value])
    case 'union':
      return type.of
    default:
      return []
  }
}

/** How many positions there are, and how many of them say nothing. */
export function positions(types: Iterable<Type>, isLoose: (declaration: Declaration) => boolean) {
  let all = 0
  let loose = 0
  for (const each of types) {
    eachPart(each, (type) => {
      if (partsOf(type).length > 0) return
      all++
      if (type.is === 'leaf' ? type.loose : type.is === 'ref' && isLoose(type.to)) loose++
    })
  }
  return { all, loose }
}
