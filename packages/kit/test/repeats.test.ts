import { describe, expect, it } from 'vitest'
import { moreLikeThis, Repeats, type Told } from '../src/index.ts'
import { FakeClock } from '../src/testing/fake-world.ts'

const MINUTE_MS = 60_000

const refused = (address: string, code = 'DIST_COOKIE_MISMATCH', peer?: string): Told => ({
  type: 'refused',
  address,
  peer,
  reason: Object.assign(new Error('no'), { code }),
})

/** A log with its clock; each line is what it is about. */
function log() {
  const clock = new FakeClock()
  const repeats = new Repeats(clock)
  const lines: string[] = []
  const tell = (event: Told, text: string) => repeats.tell(event, (more) => lines.push(`${text}${moreLikeThis(more)}`))
  return { clock, lines, repeats, tell, taken: () => lines.splice(0) }
}

describe('a log that others can fill', () => {
  it('has one line and a count for one cause and one address, whatever its port and the name it gives', async () => {
    const { clock, tell, taken } = log()
    for (let at = 0; at < 100_000; at++) tell(refused(`192.0.2.1:${at % 65_536}`, undefined, `x${at}@y`), `line ${at}`)
    expect(taken()).toEqual(['line 0'])
    await clock.advance(MINUTE_MS)
    expect(taken()).toEqual(['line 99999 (99999 more like this)'])
  })

  it('tells causes and peers apart', () => {
    const { tell, lines } = log()
    tell(refused('192.0.2.1:1'), 'one')
    tell(refused('192.0.2.2:1'), 'another address')
    tell(refused('192.0.2.1:1', 'DIST_TIMEOUT'), 'another cause')
    tell({ type: 'warning', code: 'OVER_LIMIT', peer: 'a@b', message: 'm' }, 'a warning')
    tell({ type: 'warning', code: 'OVER_LIMIT', peer: 'a@c', message: 'm' }, 'of another peer')
    expect(lines).toEqual(['one', 'another address', 'another cause', 'a warning', 'of another peer'])
  })

  it('says less and less while it goes on, and forgets what has ended', async () => {
    const { clock, tell, taken } = log()
    for (let at = 0; at < 24 * 60 * 6; at++) {
      tell(refused('192.0.2.1:1'), '')
      await clock.advance(MINUTE_MS / 6)
    }
    expect(taken().length).toBeLessThan(24 + 10)
    await clock.advance(2 * 60 * MINUTE_MS)
    expect(clock.timers).toBe(0)
    taken()
    tell(refused('192.0.2.1:1'), 'anew')
    expect(taken()).toEqual(['anew'])
  })

  it('is bounded when each line has another address or another text', async () => {
    const { clock, tell, taken } = log()
    for (let at = 0; at < 20_000; at++) {
      tell(refused(`198.51.${at >> 8}.${at & 255}:1`), '')
      tell({ type: 'warning', code: 'UNKNOWN_SIGNAL', peer: 'a@b', message: String(at) }, '')
    }
    expect(taken().length).toBeLessThanOrEqual(1_002)
    expect(clock.timers).toBeLessThanOrEqual(1_002)
    await clock.advance(MINUTE_MS)
    expect(taken()).toHaveLength(2)
  })

  it('follows a link that comes and goes ten lines long, and ends with its last state', () => {
    const { tell, taken, repeats } = log()
    for (let at = 0; at < 50; at++) {
      tell({ type: 'nodeup', node: 'a@b' }, `up ${at}`)
      tell({ type: 'nodedown', node: 'a@b' }, `down ${at}`)
    }
    expect(taken()).toEqual([0, 1, 2, 3, 4].flatMap((at) => [`up ${at}`, `down ${at}`]))
    repeats.close()
    expect(taken()).toEqual(['down 49 (90 more like this)'])
  })

  it('leaves out nothing that has a pace of its own', () => {
    const { tell, lines } = log()
    for (let at = 0; at < 5; at++) tell({ type: 'polled' }, 'polled')
    expect(lines).toHaveLength(5)
  })
})
