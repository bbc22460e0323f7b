import type { SrvRecord } from './resolver.ts'

/**
 * The order in which to try the records: by priority, and within one priority drawn by weight.
 *
 * @param random gives a number in [0, 1); `Math.random` when left out
 * @see RFC 2782, "Weight"
 */
export function srvOrder(records: readonly SrvRecord[], random: () => number = Math.random): SrvRecord[] {
  const byPriority = new Map<number, SrvRecord[]>()
  for (const record of records) {
    const group = byPriority.get(record.priority)
    if (group === undefined) byPriority.set(record.priority, [record])
    else group.push(record)
  }
  const priorities = [...byPriority.keys()].sort((a, b) => a - b)
  return priorities.flatMap((priority) => drawnByWeight(byPriority.get(priority)!, random))
}

function drawnByWeight(group: readonly SrvRecord[], random: () => number): SrvRecord[] {
  // Weight 0 first: then its running sum of 0 is met only by a draw of exactly 0.
  const left = [...group].sort((a, b) => Number(a.weight !== 0) - Number(b.weight !== 0))
  const drawn: SrvRecord[] = []
  while (left.length > 0) {
    const total = left.reduce((sum, { weight }) => sum + weight, 0)
    const draw = Math.floor(random() * (total + 1))
    let sum = 0
    const index = left.findIndex(({ weight }) => {
      sum += weight
      return sum >= draw
    })
    drawn.push(...left.splice(index, 1))
  }
  return drawn
}
