import { atom, encode, tuple } from '@dynsrv/etf'
import { expect, it } from 'vitest'
import { joinByHand } from '../support/join-by-hand.ts'
import { pidOf, ping, startSmall } from '../support/small-heap.ts'

const MESSAGE_BYTES = 17_000_000
const FLOODS = 'floods_heap@127.0.0.1'
const OTHER = 'innocent_heap@127.0.0.1'

const u32 = (value: number) => [value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255]

/** A list of so many equal elements as fit, below so many tuples. */
function listOf(element: readonly number[], below = 0): Buffer {
  const count = Math.floor(MESSAGE_BYTES / element.length)
  const elements = Buffer.alloc(count * element.length, Buffer.from(element))
  const around = Buffer.alloc(2 * below, Buffer.from([104, 1]))
  return Buffer.concat([around, Buffer.from([108, ...u32(count)]), elements, Buffer.from([106])])
}

/** A list of elements that differ in a number of five letters. */
function listOfOdd(front: readonly number[], back: readonly number[]): Buffer {
  const size = front.length + 5 + back.length
  const count = Math.floor(MESSAGE_BYTES / size)
  const bytes = listOf([...front, 97, 97, 97, 97, 97, ...back])
  for (let index = 0, at = 5 + front.length; index < count; index++, at += size) {
    for (let place = 0, rest = index; place < 5; place++, rest = Math.floor(rest / 26))
      bytes[at + place] = 97 + (rest % 26)
  }
  return bytes
}

const KINDS: Readonly<Record<string, () => Buffer>> = {
  'empty lists': () => listOf([106]),
  'lists of one': () => listOf([108, 0, 0, 0, 1, 97, 1, 106]),
  strings: () => listOf([107, 0, 1, 7]),
  'empty tuples': () => listOf([104, 0]),
  'tuples of one': () => listOf([104, 1, 97, 1]),
  'tuples of one below 250 others': () => listOf([104, 1, 97, 1], 250),
  'lists of one below 250 others': () => listOf([108, 0, 0, 0, 1, 97, 1, 106], 250),
  'empty maps': () => listOf([116, 0, 0, 0, 0]),
  'maps of one': () => listOf([116, 0, 0, 0, 1, 97, 1, 97, 1]),
  'maps of one below 250 others': () => listOf([116, 0, 0, 0, 1, 97, 1, 97, 1], 250),
  'empty binaries': () => listOf([109, 0, 0, 0, 0]),
  floats: () => listOf([70, 63, 248, 0, 0, 0, 0, 0, 1], 0),
  'new atoms': () => listOfOdd([119, 5], []),
  'objects of new names': () => listOfOdd([116, 0, 0, 0, 1, 109, 0, 0, 0, 5], [97, 1]),
  // These are taken, until there is no more room for what waits.
  'large integers': () => listOf([110, 8, 0, 255, 255, 255, 255, 255, 255, 255, 255]),
}

function send(name: string, to: string, payload: Buffer): Buffer {
  const control = encode(tuple(6, pidOf(name), atom(''), atom(to)))
  const head = Buffer.alloc(5)
  head.writeUInt32BE(1 + control.length + 1 + payload.length)
  head[4] = 112
  return Buffer.concat([head, control, Buffer.from([131]), payload])
}

// Slow: what is tried shows only at the size at which a heap of 300 MB would end, for each kind of term.
it.each([
  ['as decode gives them', {}, /./, ['decode.limits.memoryBytes', 'decode.limits.atomBytes', 'limits.maxInAllBytes']],
  ['as start gives them', { decode: { map: 'object', binary: 'text' } }, /map|object/, ['decode.limits.memoryBytes']],
] as const)(
  'a flood of messages of 17 MB, each many nested terms, does not end a process with a heap of 300 MB: %s',
  async (_how, options, kinds, over) => {
    using small = await startSmall(options)
    const { port, said, child } = small
    const floods = await joinByHand({ port }, FLOODS)
    const other = await joinByHand({ port }, OTHER)
    for (const [kind, make] of Object.entries(KINDS)) {
      if (!kinds.test(kind)) continue
      const bytes = make()
      for (const to of kind === 'large integers' ? ['box', 'box', 'reads'] : ['box'])
        floods.write(send(FLOODS, to, bytes))
      await ping(floods, FLOODS)
      await ping(other, OTHER)
      expect(child.exitCode, kind).toBe(null)
    }
    expect(said.filter(({ down }) => down !== undefined)).toStrictEqual([])
    const limits = new Set(said.flatMap(({ limit, peer }) => (limit === undefined ? [] : [`${peer} ${limit}`])))
    expect(limits).toStrictEqual(new Set(over.map((limit) => `${FLOODS} ${limit}`)))
    floods.destroy()
    other.destroy()
  },
  400_000,
)
