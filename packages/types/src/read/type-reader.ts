import type { Term } from '@dynsrv/etf'
import { TypesError } from '../error.ts'
import { moduleName, type Names, pascal } from '../write/names.ts'
import { BUILT_IN, ENDED, type Integers, integerLeaf } from './built-in.ts'
import { qualified } from './erlang-name.ts'
import { erlangText } from './erlang-text.ts'
import { atomLiteral, integerValue, items, nameOf, parts } from './form.ts'
import { KNOWN } from './known-types.ts'
import type { DeclaredType, ModuleFacts } from './module-facts.ts'
import {
  ANY,
  type Declaration,
  type Element,
  type Field,
  keyOf,
  leaf,
  NEVER,
  type Pair,
  type Type,
  unionOf,
  unsaid,
} from './type.ts'

/** What nests deeper without a name of its own is any term. */
const MOST_DEPTH = 40
/** What the types of a file are made of. */
const MOST_PARTS = 500_000
/** How many variants of one type with variables have names of their own; more are any term. */
const MOST_VARIANTS = 64
/** A variant is known by its arguments; those that are longer are any term. */
const MOST_KEY = 4_000

/** Where a form stands. */
interface Scope {
  readonly module: ModuleFacts
  /** The variables that have a type here. */
  readonly variables: ReadonlyMap<string, () => Type>
  readonly depth: number
}

/** Reads the types of the abstract format, and follows those that have names. */
export class TypeReader {
  /** Each once, in the order in which they were met. */
  readonly declarations: Declaration[] = []
  /** Modules whose types were wanted, and which nobody has looked at. */
  readonly missing = new Set<string>()
  readonly #names: Names
  readonly #modules: ReadonlyMap<string, ModuleFacts | undefined>
  readonly #main: string
  readonly #integers: Integers
  readonly #known = new Map<string, Declaration>()
  readonly #variants = new Map<string, number>()
  #parts = 0

  /**
   * @param modules what is known of each; undefined for one that cannot be read
   * @param main the module whose types need no prefix
   */
  constructor(parts: {
    readonly names: Names
    readonly modules: ReadonlyMap<string, ModuleFacts | undefined>
    readonly main: string
    readonly integers: Integers
  }) {
    this.#names = parts.names
    this.#modules = parts.modules
    this.#main = parts.main
    this.#integers = parts.integers
  }

  /** A type of a module that stands outside of any spec. */
  read(module: ModuleFacts, form: Term): Type {
    return this.#read(form, { module, variables: new Map(), depth: 0 })
  }

  /** A type by its name, such as `item/0`; its variables are any term. */
  named(module: ModuleFacts, signature: string): Type | undefined {
    const declared = module.types.get(signature)
    return (
      declared &&
      this.#declared(
        declared,
        declared.variables.map(() => ANY),
      )
    )
  }

  /** A clause of a spec: what it takes, each with a name where it has one, and what it gives. */
  clause(module: ModuleFacts, form: Term): { readonly takes: readonly Element[]; readonly gives: Type } {
    const [, , kind, body] = parts(form)
    const isBounded = nameOf(kind) === 'bounded_fun'
    const fun = isBounded ? items(body)[0] : form
    const variables = new Map<string, () => Type>()
    const scope = { module, variables, depth: 0 }
    for (const constraint of isBounded ? items(items(body)[1]) : []) {
      const [, , , [, bound] = []] = parts(constraint) as [Term, Term, Term, Term[]?]
      const [variable, type] = items(bound)
      const name = nameOf(parts(variable)[2])
      if (name !== undefined) variables.set(name, this.#bounded(name, type, scope))
    }
    const [takes, gives] = items(parts(fun)[3])
    return {
      takes: items(parts(takes)[3]).map((each) => ({ name: nameIn(each), of: this.#read(each, scope) })),
      gives: this.#read(gives, scope),
    }
  }

  /** The type that a variable stands for. One that is part of itself is any term there. */
  #bounded(name: string, form: Term, scope: Scope): () => Type {
    let isOpen = false
    let known: Type | undefined
    return () => {
      if (isOpen) return unsaid(name)
      isOpen = true
      known ??= this.#read(form, { ...scope, depth: 1 })
      isOpen = false
      return known
    }
  }

  #read(form: Term, scope: Scope): Type {
    if (++this.#parts > MOST_PARTS) {
      throw new TypesError('TYPES_TOO_LARGE', `the types of ${this.#main} have more than ${MOST_PARTS} parts`)
    }
    if (scope.depth > MOST_DEPTH) return unsaid(erlangText(form))
    const within = { ...scope, depth: scope.depth + 1 }
    const literal = atomLiteral(form)
    if (literal !== undefined) return { is: 'atom', name: literal }
    const [kind, , first, second] = parts(form)
    switch (nameOf(kind)) {
      case 'integer':
      case 'char':
      case 'op': {
        const value = integerValue(form)
        return value === undefined ? unsaid(erlangText(form)) : integerLiteral(value)
      }
      case 'ann_type':
        return this.#read(items(first)[1], scope)
      case 'paren_type':
        return this.#read(items(first)[0], scope)
      case 'var':
        return scope.variables.get(nameOf(first) ?? '_')?.() ?? ANY
      case 'remote_type': {
        const [module, name, args] = items(first)
        return this.#remote(atomLiteral(module) ?? '', atomLiteral(name) ?? '', items(args), { form, scope: within })
      }
      case 'user_type':
        return this.#remote(scope.module.module, nameOf(first) ?? '', items(second), { form, scope: within })
      case 'type':
        return this.#builtIn(nameOf(first) ?? '', second, { form, scope: within })
      default:
        return unsaid(erlangText(form))
    }
  }

  #remote(module: string, name: string, args: readonly Term[], { form, scope }: { form: Term; scope: Scope }): Type {
    const given = args.map((each) => this.#read(each, scope))
    const known = KNOWN.get(`${module}:${name}/${args.length}`)
    if (known !== undefined) return known(given)
    const facts = this.#modules.get(module)
    if (facts === undefined) {
      if (!this.#modules.has(module)) this.missing.add(module)
      return unsaid(erlangText(form))
    }
    const declared = facts.types.get(`${name}/${args.length}`)
    return declared === undefined ? unsaid(erlangText(form)) : this.#declared(declared, given)
  }

  #declared(declared: DeclaredType, args: readonly Type[]): Type {
    const { module, name, variables } = declared
    const signature = `${name}/${variables.length}`
    const ownName = `${module}:${signature}`
    const erlang = `${qualified(module, name)}(${variables.map(() => '_').join(', ')})`
    const key = `${ownName}(${args.map(keyOf).join(';')})`
    const known = this.#known.get(key)
    if (known !== undefined) return { is: 'ref', to: known }
    const variant = (this.#variants.get(ownName) ?? 0) + 1
    if (variant > MOST_VARIANTS || key.length > MOST_KEY) return unsaid(erlang)
    this.#variants.set(ownName, variant)
    const declaration: Declaration = {
      name: this.#names.take(this.#nameOf(declared)),
      erlang,
      module,
      signature,
      opaque: declared.opaque,
      of: undefined,
    }
    this.#known.set(key, declaration)
    this.declarations.push(declaration)
    const facts = this.#modules.get(module)!
    const bound = new Map(variables.map((variable, index) => [variable, () => args[index] ?? ANY]))
    declaration.of = this.#read(declared.form, { module: facts, variables: bound, depth: 0 })
    return { is: 'ref', to: declaration }
  }

  /** `item` of the module itself is `Item`, its `t` is named after it; types of others begin with their module. */
  #nameOf({ module, name }: DeclaredType): string {
    const own = pascal(name)
    return module === this.#main && name !== 't' ? own : moduleName(module) + own
  }

  #builtIn(name: string, args: Term, { form, scope }: { form: Term; scope: Scope }): Type {
    const all = items(args)
    const read = (each: Term) => this.#read(each, scope)
    switch (name) {
      case 'tuple':
        if (!Array.isArray(args)) return leaf('Tuple', 't.anyTuple()', 'Tuple')
        return { is: 'tuple', elements: all.map((each) => ({ name: nameIn(each), of: read(each) })) }
      case 'union':
        return unionOf(all.map(read))
      case 'range': {
        const [low, high] = all.map((each) => integerValue(each))
        return low === undefined || high === undefined
          ? unsaid(erlangText(form))
          : integerLeaf(this.#integers, low, high)
      }
      case 'list':
      case 'nonempty_list':
        return { is: 'list', of: all.length === 0 ? ANY : read(all[0]), nonEmpty: name !== 'list' }
      case 'maybe_improper_list':
      case 'nonempty_maybe_improper_list': {
        const [element, tail] = all.length === 0 ? [ANY, ANY] : all.map(read)
        return maybeImproper(element!, tail!, name !== 'maybe_improper_list')
      }
      case 'nonempty_improper_list': {
        const [element, tail] = all.map(read)
        return { is: 'improper', of: element ?? ANY, tail: tail ?? ANY }
      }
      case 'map':
        return Array.isArray(args)
          ? this.#map(all, scope)
          : { is: 'pairs', pairs: [{ key: ANY, value: ANY, required: false }] }
      case 'record':
        return this.#record(all, { form, scope })
      case 'fun': {
        const [takes] = all
        const [, , kind, params] = parts(takes)
        const isKnown = nameOf(kind) === 'product'
        return leaf('Fun | ExternalFun', `t.fun(${isKnown ? items(params).length : ''})`, 'Fun', 'ExternalFun')
      }
      case 'binary':
      case 'bitstring':
        return binaryOf(name, all)
    }
    // Own ones only: `constructor` names a type like any other.
    const bounds = Object.hasOwn(ENDED, name) ? ENDED[name] : undefined
    if (bounds !== undefined) return integerLeaf(this.#integers, ...bounds)
    return (Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined) ?? unsaid(erlangText(form))
  }

  #map(associations: readonly Term[], scope: Scope): Type {
    const pairs: Pair[] = associations.map((each) => {
      const [, , kind, body] = parts(each)
      const [key, value] = items(body)
      const required = nameOf(kind) === 'map_field_exact'
      return { key: this.#read(key, scope), value: this.#read(value, scope), required }
    })
    // The leftmost of two for one key counts.
    const fields = new Map<string, Field>()
    const others: Pair[] = []
    for (const { key, value, required } of pairs) {
      if (key.is !== 'atom') others.push({ key, value, required })
      else if (!fields.has(key.name)) fields.set(key.name, { name: key.name, of: value, optional: !required })
    }
    const [other] = others
    const isOpen =
      others.length === 1 &&
      fields.size > 0 &&
      !other!.required &&
      isAny(other!.value) &&
      (isAny(other!.key) || isAtom(other!.key))
    if (others.length > 0 && !isOpen) return { is: 'pairs', pairs }
    const open = isOpen && (isAtom(other!.key) ? 'atoms' : true)
    return { is: 'object', fields: [...fields.values()], open }
  }

  #record([named, ...overridden]: readonly Term[], { form, scope }: { form: Term; scope: Scope }): Type {
    const name = atomLiteral(named)
    const fields = scope.module.records.get(name ?? '')
    if (name === undefined || fields === undefined) return unsaid(erlangText(form))
    const over = new Map(
      overridden.map((each) => {
        const [field, type] = items(parts(each)[3])
        return [atomLiteral(field), type]
      }),
    )
    const elements = fields.map((field) => {
      const type = over.get(field.name) ?? field.form
      return { name: field.name, of: type === undefined ? ANY : this.#read(type, scope) }
    })
    return { is: 'tuple', elements: [{ name: 'record', of: { is: 'atom', name } }, ...elements] }
  }
}

/** The name that a spec gives a part: `Name :: type()`, or the variable itself. */
function nameIn(form: Term): string | undefined {
  const [kind, , first] = parts(form)
  if (nameOf(kind) === 'ann_type') return nameIn(items(first)[0])
  return nameOf(kind) === 'var' ? nameOf(first) : undefined
}

function isAny(type: Type): boolean {
  return type.is === 'leaf' && type.loose
}

function isAtom(type: Type): boolean {
  return type.is === 'leaf' && type.matcher === 't.atom()'
}

function integerLiteral(value: bigint): Type {
  const isSafe = Number.isSafeInteger(Number(value))
  return isSafe ? leaf(`${value}`, `t.literal(${value})`) : leaf(`${value}n`, `t.literal(${value}n)`)
}

/** A proper list, or one with a tail. The tail may be `[]`, which makes it proper. */
function maybeImproper(element: Type, tail: Type, nonEmpty: boolean): Type {
  const rest = unionOf((tail.is === 'union' ? tail.of : [tail]).filter((each) => keyOf(each) !== keyOf(NIL)))
  const list: Type = { is: 'list', of: element, nonEmpty }
  return rest === NEVER ? list : unionOf([list, { is: 'improper', of: element, tail: rest }])
}

const NIL = BUILT_IN.nil!

/** `binary()`, `bitstring()` and `<<_:Size, _:_*Unit>>`. */
function binaryOf(name: string, args: readonly Term[]): Type {
  const [size = 0n, unit = name === 'binary' ? 8n : 1n] = args.map((each) => integerValue(each))
  const isBytes = size % 8n === 0n && unit % 8n === 0n
  if (isBytes) {
    const sizes = size === 0n && unit === 8n ? '' : `${size}, ${unit}`
    return leaf('Uint8Array', `t.bytes(${sizes})`)
  }
  return leaf('Uint8Array | BitString', `t.bits(${size === 0n && unit === 1n ? '' : `${size}, ${unit}`})`, 'BitString')
}
