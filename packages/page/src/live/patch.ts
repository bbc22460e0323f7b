import type { PagePatch, PageState } from './page-state.ts'

/** What a page that knows the state before must hear; undefined when nothing has changed. */
export function patchOf(before: PageState, after: PageState): PagePatch | undefined {
  const known = new Map(before.members.map((member) => [member.name, member]))
  const members = after.members.filter((member) => !same(known.get(member.name), member))
  for (const { name } of after.members) known.delete(name)
  const removed = [...known.keys()]
  const last = before.changes.at(-1)?.id ?? 0
  const changes = after.changes.filter(({ id }) => id > last)
  const patch: PagePatch = {
    ...(!same(before.self, after.self) && { self: after.self }),
    ...(members.length > 0 && { members }),
    ...(removed.length > 0 && { removed }),
    ...(!same(before.topologies, after.topologies) && { topologies: after.topologies }),
    ...(changes.length > 0 && { changes }),
  }
  return Object.keys(patch).length === 0 ? undefined : patch
}

/** Both are plain values made by the same code, so their keys stand in the same order. */
function same<T>(a: T | undefined, b: T): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
