import { describe, expect, it } from 'vitest'
import { type Incarnation, lookAgain } from '../src/incarnations.ts'

const NAME = 'api-1@my.test'
const A: Incarnation = { creation: 77, port: 4370, startedMs: 10_000 }

/** What is known after some looks, one after the other; `refused` when the port refused. */
function knownAfter(...looks: readonly (Incarnation | 'refused' | 'silent')[]): Incarnation | undefined {
  let known: ReadonlyMap<string, Incarnation> = new Map()
  for (const look of looks) {
    const answered = new Map(typeof look === 'string' ? [] : [[NAME, look]])
    known = lookAgain(known, answered, new Set(look === 'refused' ? [NAME] : []))
  }
  return known.get(NAME)
}

describe('the lives of a peer', () => {
  const { startedMs: _, ...unasked } = A
  it.each<[string, readonly (Incarnation | 'refused' | 'silent')[]]>([
    ['once seen', [A]],
    ['seen twice', [A, A]],
    ['with a start found half a second later', [A, { ...A, startedMs: 10_500 }]],
    ['away and back with the start that it had', [A, 'refused', A]],
    ['silent for a time, which may be the network', [unasked, 'silent', unasked]],
    ['restarted with another creation', [A, { ...A, creation: 78, startedMs: 90_000 }]],
    ['restarted with another creation, on another port', [unasked, 'refused', { creation: 78, port: 4371 }]],
    ['refusing before it ever answered', ['refused', A]],
    [
      'restarted with the same creation before, and with another one now',
      [A, { ...A, startedMs: 90_000 }, { ...A, creation: 9 }],
    ],
  ])('%s: nothing to say', (_what, looks) => {
    expect(knownAfter(...looks)?.repeated).toBeUndefined()
  })

  it.each<[string, readonly (Incarnation | 'refused' | 'silent')[], string]>([
    ['by its start', [A, { ...A, startedMs: 90_000 }], 'it started 80 s after the one before'],
    ['by its port', [unasked, { ...unasked, port: 4371 }], 'it listened on port 4370, and now on 4371'],
    ['by a port that refused', [unasked, 'refused', unasked], 'its port 4370 refused, and answers again'],
    ['and it stays so', [unasked, 'refused', unasked, unasked], 'its port 4370 refused, and answers again'],
  ])('restarted with the same creation, %s', (_what, looks, expected) => {
    expect(knownAfter(...looks)?.repeated).toBe(expected)
  })
})
