import { type Type, unionOf } from './type.ts'

/** The type of an argument: where it is a list of options, an object is taken too. */
export function argumentType(type: Type, resolve: (type: Type) => Type): Type {
  const list = resolve(type)
  if (list.is !== 'list' || list.nonEmpty) return type
  const element = resolve(list.of)
  const members = (element.is === 'union' ? element.of : [element])
    .map(resolve)
    .flatMap((each) => (each.is === 'union' ? each.of.map(resolve) : [each]))
  const byName = new Map<string, Type[]>()
  for (const member of members) {
    const key = member.is === 'tuple' && member.elements.length === 2 ? resolve(member.elements[0]!.of) : undefined
    if (key?.is !== 'atom' || member.is !== 'tuple') return type
    byName.set(key.name, [...(byName.get(key.name) ?? []), member.elements[1]!.of])
  }
  if (byName.size === 0) return type
  const fields = [...byName].map(([name, all]) => ({ name, of: unionOf(all), optional: true }))
  return unionOf([type, { is: 'keywords', fields }])
}
