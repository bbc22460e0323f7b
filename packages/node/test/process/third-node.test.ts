import { once } from 'node:events'
import { atom, encode, Pid, type Term, tuple } from '@dynsrv/etf'
import { describe, expect, it } from 'vitest'
import { startBeamPeer } from '../support/beam-peer.ts'
import { CREATION, joinByHand } from '../support/join-by-hand.ts'
import { startOurs } from '../support/nodes.ts'

const bytes = (...parts: readonly (number | Uint8Array | string)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part as string))))
const plain = (term: Term) => Buffer.from(encode(term)).subarray(1)
const node = bytes(119, 3, 'e@h')
const zeros = (count: number) => Buffer.alloc(count)
const pair = (one: Buffer, other: Buffer) => bytes(116, 0, 0, 0, 2, one, 97, 1, other, 97, 1)
const reference = (words: number) => bytes(90, 0, words, node, 0, 0, 0, 5, 0, 0, 0, 1, Buffer.alloc(4 * (words - 1)))
const funOf = (size: number, pid = bytes(88, node, zeros(12))) =>
  bytes(112, 0, 0, 0, size, 1, zeros(16), zeros(4), zeros(4), 119, 1, 'm', 97, 0, 97, 1, pid)

/** Terms that one release of OTP or another refuses. */
const REFUSED: readonly (readonly [what: string, term: Buffer])[] = [
  ['one fun twice', pair(funOf(55), funOf(99))],
  ['one reference twice', pair(reference(1), reference(2))],
  ['a float of text without end', bytes(99, '1.'.padEnd(31, '0'))],
  ['an atom of 256 characters', bytes(118, 1, 0, 'a'.repeat(256))],
  ['an atom of 256 Latin-1 characters', bytes(100, 1, 0, Buffer.alloc(256, 0xe9))],
  ['an integer of 524281 bytes', bytes(111, 0, 7, 0xff, 0xf9, 0, Buffer.alloc(524_281, 255))],
  ['NaN', bytes(70, 0x7f, 0xf8, zeros(6))],
  ['a bit string of no bytes', bytes(77, 0, 0, 0, 0, 3)],
  ['a large pid', bytes(88, node, Buffer.alloc(12, 255))],
  ['a reference of five words', reference(5)],
  ['a port of 32 bits', bytes(89, node, Buffer.alloc(8, 255))],
  ['a port of 64 bits', bytes(120, node, Buffer.alloc(12, 255))],
  ['a fun of a large pid', funOf(55, bytes(88, node, Buffer.alloc(12, 255)))],
  ['a fun of another size', funOf(99)],
]

const WAYS = ['tag', 'echo', 'reason'] as const

describe.each([['bullseye'], [undefined], ['trixie'], ['forky']] as const)('a third node (%s)', (suite) => {
  it('keeps its link to us, whatever a peer has us pass on to it', async () => {
    await using erl = await startBeamPeer('third', suite === undefined ? {} : { suite })
    await using ours = await startOurs('between')
    ours.serve({ name: 'echo', init: () => null, call: (request) => request as Term })
    const cases = WAYS.flatMap((way) => REFUSED.map(([what, term]) => ({ way, what, term, box: ours.mailbox() })))
    const boxes = encode(cases.map(({ box }) => box.pid))
    const third = await erl.eval(`Self = self(), P = spawn(fun() ->
        process_flag(trap_exit, true), net_kernel:connect_node('${ours.self}'),
        ok = net_kernel:monitor_nodes(true, [{node_type, all}]),
        [link(Box) || Box <- binary_to_term(base64:decode("${Buffer.from(boxes).toString('base64')}"))],
        linked = gen_server:call({echo, '${ours.self}'}, linked), Self ! linked, receive never -> ok end end),
      register(third, P), receive linked -> binary_to_list(base64:encode(term_to_binary(P))) end`)
    const to = Buffer.from(third.replaceAll('"', ''), 'base64').subarray(1)
    const count = (pattern: string) => async () =>
      Number(await erl.eval(`length([M || ${pattern} = M <- element(2, process_info(whereis(third), messages))])`))
    for (const [index, { way, term, box }] of cases.entries()) {
      const name = `evil_${index}@127.0.0.1`
      const socket = await joinByHand(ours, name)
      const closed = once(socket, 'close').then(() => 'closed')
      const evil = new Pid(atom(name), 1, 0, CREATION)
      const frame = (control: Term, payload: Buffer) => {
        const body = bytes(112, encode(control), 131, payload)
        const length = Buffer.alloc(4)
        length.writeUInt32BE(body.length)
        socket.write(bytes(length, body))
      }
      const call = (tag: Buffer, request: Buffer) =>
        frame(tuple(6, evil, atom(''), atom('echo')), bytes(104, 3, plain(atom('$gen_call')), 104, 2, to, tag, request))
      if (way === 'reason') frame(tuple(26, evil, box.pid), term)
      else if (way === 'tag') call(term, bytes(97, 1))
      else call(bytes(97, 1), term)
      // What we answer later comes behind it; when we have closed the link to the sender, we passed nothing on.
      call(plain(atom(`fence_${index}`)), bytes(97, 1))
      const fenced = expect.poll(count(`{fence_${index}, 1}`), { timeout: 20_000 }).toBe(1)
      await Promise.race([closed, fenced])
      socket.destroy()
    }
    expect(await count(`{nodedown, '${ours.self}', _}`)()).toBe(0)
    expect(await erl.eval(`lists:member('${ours.self}', nodes(connected))`)).toBe('true')
    // What ended a process here that it is linked to, it hears of, with a reason that stands in.
    expect(await count(`{'EXIT', _, {reason_has_no_encoding, _}}`)()).toBeGreaterThan(0)
  }, 180_000)
})
