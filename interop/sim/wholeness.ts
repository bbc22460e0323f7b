import { atom } from '@dynsrv/etf'
import type { Seat } from './seat.ts'
import type { Broken } from './story.ts'
import { PASSING } from './traffic.ts'

/** A group of which every member is one. */
export const GROUP = 'all'

/** What is lacking until every member has all links, names and groups. */
export function missing(
  seats: readonly Seat[],
  { visible, isSettling }: { readonly visible: boolean; readonly isSettling: boolean },
): Broken[] {
  const names = seats.map(({ index }) => `seat-${index}`)
  return seats.flatMap(({ cluster }) => {
    const links = new Set<string>(cluster.members())
    const lacks = seats.map((seat) => seat.cluster.self).filter((self) => self !== cluster.self && !links.has(self))
    const broken: Broken[] = []
    if (lacks.length > 0) {
      broken.push({ rule: 'a full mesh within a bound', how: `${cluster.self} has no link to ${lacks.join(', ')}` })
    }
    const group = cluster.node.pg().members(atom(GROUP)).length
    if (group !== names.length) {
      broken.push({
        rule: 'every group on every node',
        how: `${cluster.self} sees ${group} of ${names.length} members`,
      })
    }
    const passing = cluster.node.pg().members(atom(PASSING))
    if (isSettling && passing.length > 0) {
      broken.push({ rule: 'who ends leaves its groups', how: `${cluster.self} sees ${passing.join(', ')}` })
    }
    if (!visible) return broken
    const seen = new Set(cluster.node.global.names().map(String))
    const unseen = names.filter((name) => !seen.has(name))
    const strange = names.filter((name, index) => {
      const pid = cluster.node.global.whereis(atom(name))
      return (
        pid !== undefined &&
        String(pid) !== String(seats[index]!.box.pid) &&
        pid.node.name !== seats[index]!.cluster.self
      )
    })
    if (unseen.length > 0) {
      broken.push({ rule: 'every global name on every node', how: `${cluster.self} lacks ${unseen.join(', ')}` })
    }
    if (strange.length > 0) {
      broken.push({ rule: 'every global name leads to its holder', how: `${cluster.self}: ${strange.join(', ')}` })
    }
    const keys = ['lock', 'leader'].map((key) => String(cluster.node.global.whereis(atom(key))?.node.name))
    const first = seats[0]!.cluster.node.global
    const theirs = ['lock', 'leader'].map((key) => String(first.whereis(atom(key))?.node.name))
    if (keys.join() !== theirs.join()) {
      broken.push({
        rule: 'every global name is of one holder',
        how: `${cluster.self} has ${keys.join()}, ${seats[0]!.cluster.self} has ${theirs.join()}`,
      })
    }
    return broken
  })
}
