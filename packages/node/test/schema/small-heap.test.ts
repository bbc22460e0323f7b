import { atom, encode, type Term, tuple } from '@dynsrv/etf'
import { expect, it } from 'vitest'
import { joinByHand } from '../support/join-by-hand.ts'
import { asks, pidOf, ping, referenceOf, startSmall } from '../support/small-heap.ts'

const CALLS = 'calls_heap@127.0.0.1'
const OTHER = 'innocent_heap@127.0.0.1'

/** A call of `js:typed/1`, which takes an atom, by way of `rex`. */
function callWith(argument: Term): Buffer {
  const [control, payload] = [
    encode(tuple(6, pidOf(CALLS), atom(''), atom('rex'))),
    encode(
      tuple(
        atom('$gen_call'),
        tuple(pidOf(CALLS), referenceOf(CALLS)),
        tuple(atom('call'), atom('js'), atom('typed'), [argument], pidOf(CALLS)),
      ),
    ),
  ]
  const head = Buffer.alloc(5)
  head.writeUInt32BE(1 + control.length + payload.length)
  head[4] = 112
  return Buffer.concat([head, control, payload])
}

it('a large argument of the wrong type is refused, and does not end a process with a heap of 300 MB', async () => {
  using small = await startSmall({ values: 'plain' })
  const calls = await joinByHand({ port: small.port }, CALLS)
  const other = await joinByHand({ port: small.port }, OTHER)
  for (const argument of ['x'.repeat(20_000_000), new Uint8Array(20_000_000), Array<Term>(4_000_000).fill(30_000)]) {
    expect(await asks(calls, CALLS, callWith(argument), 'expected an atom')).toContain('found')
    await ping(other, OTHER)
    expect(small.child.exitCode).toBe(null)
  }
  calls.destroy()
  other.destroy()
}, 120_000)
