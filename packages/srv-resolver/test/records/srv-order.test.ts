import fc from '@dynsrv/tools/property'
import { describe, expect, it } from 'vitest'
import { type SrvRecord, srvOrder } from '../../src/index.ts'

function record(target: string, priority: number, weight: number): SrvRecord {
  return { target, port: 1, priority, weight, ttlSeconds: 1 }
}

const anyRecord = fc.record({
  target: fc.string(),
  port: fc.nat(65_535),
  priority: fc.nat(3),
  weight: fc.nat(65_535),
  ttlSeconds: fc.nat(),
})

describe('srvOrder', () => {
  it('keeps every record and never lets a higher priority number go first', () => {
    fc.assert(
      fc.property(
        fc.array(anyRecord),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999_999, noNaN: true })),
        (records, draws) => {
          const ordered = srvOrder(records, () => draws.next().value as number)
          expect(new Set(ordered)).toStrictEqual(new Set(records))
          expect(ordered).toHaveLength(records.length)
          const priorities = ordered.map(({ priority }) => priority)
          expect(priorities).toStrictEqual([...priorities].sort((a, b) => a - b))
        },
      ),
    )
  })

  it('draws by weight', () => {
    const records = [record('light', 1, 1), record('heavy', 1, 9)]
    const steps = Array.from({ length: 1_000 }, (_, index) => index / 1_000)
    const heavyFirst = steps.filter((draw) => srvOrder(records, () => draw)[0]!.target === 'heavy').length
    expect(heavyFirst / steps.length).toBeGreaterThan(0.75)
    expect(heavyFirst).toBeLessThan(steps.length)
  })

  it('gives weight 0 a small chance beside others', () => {
    const records = [record('some', 1, 10), record('none', 1, 0)]
    expect(srvOrder(records, () => 0)[0]!.target).toBe('none')
    expect(srvOrder(records, () => 0.5)[0]!.target).toBe('some')
  })
})
