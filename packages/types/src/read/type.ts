/** A type as TypeScript can have it. */
export type Type =
  | Leaf
  | { readonly is: 'atom'; readonly name: string }
  | { readonly is: 'tuple'; readonly elements: readonly Element[] }
  | { readonly is: 'list'; readonly of: Type; readonly nonEmpty: boolean }
  | { readonly is: 'improper'; readonly of: Type; readonly tail: Type }
  | { readonly is: 'object'; readonly fields: readonly Field[]; readonly open: false | true | 'atoms' }
  | { readonly is: 'keywords'; readonly fields: readonly Field[] }
  | { readonly is: 'pairs'; readonly pairs: readonly Pair[] }
  | { readonly is: 'set'; readonly of: Type }
  | { readonly is: 'union'; readonly of: readonly Type[] }
  | { readonly is: 'ref'; readonly to: Declaration }

/** One that is written as it stands. */
export interface Leaf {
  readonly is: 'leaf'
  /** In TypeScript. */
  readonly type: string
  /** What makes its matcher. */
  readonly matcher: string
  /** The names that the type needs, beside those that every program has. */
  readonly uses: readonly string[]
  /** Whether it says nothing: any term. */
  readonly loose: boolean
  /** The Erlang type, where TypeScript cannot say it. */
  readonly unsaid?: string
}

/** An element of a tuple, with its name where the spec gives one. */
export interface Element {
  readonly name?: string | undefined
  readonly of: Type
}

/** A key of a map that is an atom. */
export interface Field {
  readonly name: string
  readonly of: Type
  readonly optional: boolean
}

/** A kind of pair in a map. */
export interface Pair {
  readonly key: Type
  readonly value: Type
  readonly required: boolean
}

/** A type with a name of its own in what is written. */
export interface Declaration {
  /** What it is called in TypeScript. */
  readonly name: string
  /** The type that it stands for, as Erlang writes it: `inet:ip_address()`. */
  readonly erlang: string
  /** Where it is documented. */
  readonly module: string
  readonly signature: string
  readonly opaque: boolean
  /** Undefined while it is being read. */
  of: Type | undefined
}

/** A leaf that needs nothing but `t`. */
export function leaf(type: string, matcher: string, ...uses: readonly string[]): Leaf {
  return { is: 'leaf', type, matcher, uses, loose: false }
}

export const ANY: Leaf = { is: 'leaf', type: 'Term', matcher: 't.any()', uses: ['Term'], loose: true }
export const NEVER: Leaf = leaf('never', 't.never()')

/** Any term, where TypeScript cannot say more; the Erlang type stands beside it. */
export function unsaid(erlang: string): Leaf {
  return { ...ANY, unsaid: erlang }
}

/** A text that two types share when they are the same. */
export function keyOf(type: Type): string {
  switch (type.is) {
    case 'leaf':
      return `${type.type}|${type.matcher}`
    case 'atom':
      return `'${JSON.stringify(type.name)}`
    case 'tuple':
      return `{${type.elements.map(({ of }) => keyOf(of)).join(',')}}`
    case 'list':
      return `${type.nonEmpty ? '+' : ''}[${keyOf(type.of)}]`
    case 'improper':
      return `[${keyOf(type.of)}|${keyOf(type.tail)}]`
    case 'object':
    case 'keywords':
      return `${type.is}${'open' in type && type.open ? `*${type.open}` : ''}{${type.fields
        .map(({ name, of, optional }) => `${JSON.stringify(name)}${optional ? '?' : ''}:${keyOf(of)}`)
        .join(',')}}`
    case 'pairs':
      return `#{${type.pairs.map(({ key, value, required }) => `${keyOf(key)}${required ? ':=' : '=>'}${keyOf(value)}`).join(',')}}`
    case 'set':
      return `set(${keyOf(type.of)})`
    case 'union':
      return `(${type.of.map(keyOf).join('|')})`
    case 'ref':
      return `@${type.to.name}`
  }
}

/**
 * One of these types: unions inside are part of it, what comes twice counts once, and what is any term already takes the
 * rest. Integers stand before floats: `1` is written as the first that takes it.
 */
export function unionOf(types: readonly Type[]): Type {
  const flat = types.flatMap((type) => (type.is === 'union' ? type.of : [type]))
  const any = flat.find((type) => type.is === 'leaf' && type.loose)
  if (any !== undefined) return any
  const distinct = new Map<string, Type>()
  for (const type of flat) if (type !== NEVER) distinct.set(keyOf(type), type)
  const all = [...distinct.values()]
  const floats = all.filter(isFloat)
  const ordered = [...all.filter((type) => !isFloat(type)), ...floats]
  const [first] = ordered
  if (first === undefined) return NEVER
  return ordered.length === 1 ? first : { is: 'union', of: ordered }
}

function isFloat(type: Type): boolean {
  return type.is === 'leaf' && type.matcher === 't.float()'
}
