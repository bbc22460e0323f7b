import { atom, inspect, type Term } from '@dynsrv/etf'
import { qualified } from './erlang-name.ts'
import { atomLiteral, integerValue, items, nameOf, parts } from './form.ts'

const MOST_DEPTH = 8
const MOST_ITEMS = 20

/** A type as Erlang writes it, for a comment. What is long or deep is left out. */
export function erlangText(form: Term, depth = 0): string {
  if (depth > MOST_DEPTH) return '…'
  const inner = (each: Term) => erlangText(each, depth + 1)
  const list = (all: readonly Term[], separator = ', ') => {
    const shown = all.slice(0, MOST_ITEMS).map(inner)
    return (all.length > MOST_ITEMS ? [...shown, '…'] : shown).join(separator)
  }
  const literal = atomLiteral(form)
  if (literal !== undefined) return atomText(literal)
  const [kind, , first, second] = parts(form)
  switch (nameOf(kind)) {
    case 'integer':
    case 'char':
    case 'op':
      return String(integerValue(form) ?? '…')
    case 'var':
      return nameOf(first) ?? '_'
    case 'ann_type':
      return `${inner(items(first)[0])} :: ${inner(items(first)[1])}`
    case 'remote_type': {
      const [module, name, args] = items(first)
      return `${qualified(atomLiteral(module) ?? '…', atomLiteral(name) ?? '…')}(${list(items(args))})`
    }
    case 'user_type':
      return `${atomText(nameOf(first))}(${list(items(second))})`
    case 'type':
      return builtIn(nameOf(first) ?? '', second, { inner, list })
    default:
      return '…'
  }
}

function atomText(name: string | undefined): string {
  return name === undefined ? '…' : inspect(atom(name))
}

function builtIn(
  name: string,
  args: Term,
  { inner, list }: { inner: (each: Term) => string; list: (all: readonly Term[], separator?: string) => string },
): string {
  const all = items(args)
  switch (name) {
    case 'tuple':
      return Array.isArray(args) ? `{${list(all)}}` : 'tuple()'
    case 'union':
      return list(all, ' | ')
    case 'list':
      return all.length === 0 ? 'list()' : `[${list(all)}]`
    case 'nil':
      return '[]'
    case 'range':
      return list(all, '..')
    case 'map':
      return Array.isArray(args) ? `#{${list(all)}}` : 'map()'
    case 'map_field_assoc':
      return list(all, ' => ')
    case 'map_field_exact':
      return list(all, ' := ')
    case 'record':
      return `#${list(all.slice(0, 1))}{}`
    case 'product':
      return list(all)
    case 'fun':
      return all.length === 0 ? 'fun()' : `fun((${inner(all[0])}) -> ${inner(all[1])})`
    case 'any':
      return 'any()'
    default:
      return `${name}(${list(all)})`
  }
}
