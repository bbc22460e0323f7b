// In the place of a C program of erl_interface's suites: what `ei_runner.c` does between the suite and a node of ours.
import { decode, encode } from '@dynsrv/etf'
import { note } from './our-node.mjs'

/**
 * Answers the commands of a suite, each a tuple `{Name, {Arg, …}}` behind a `t`, until it says `e`, the end.
 *
 * @param commands by name: what gives the answer
 */
export async function answerCommands(commands) {
  let begun = false
  for await (const packet of packets(process.stdin)) {
    if (begun) await answer(commands, packet)
    // The first one is the number of the test in the program.
    begun = true
  }
  // The suite gave up.
  process.exit(1)
}

/** The packets of a stream, each behind its length of four bytes. */
async function* packets(stream) {
  let chunks = []
  let size = 0
  /** Of the packet that begins now, its length included; at first only the length is waited for. */
  let wanted = 4
  for await (const chunk of stream) {
    chunks.push(chunk)
    size += chunk.length
    while (size >= wanted) {
      const bytes = Buffer.concat(chunks)
      chunks = [bytes]
      wanted = 4 + bytes.readUInt32BE()
      if (size < wanted) break
      yield bytes.subarray(4, wanted)
      chunks = [bytes.subarray(wanted)]
      size -= wanted
      wanted = 4
    }
  }
}

async function answer(commands, packet) {
  if (String.fromCharCode(packet[0]) === 'e') {
    await write('e')
    process.exit(0)
  }
  const [name, args] = decode(packet.subarray(1), { float: 'boxed' }).elements
  try {
    const term = await commands[name.name](...args.elements)
    await write('t', encode(term))
  } catch (error) {
    note(name.name, error)
    await write('f', Buffer.from(error.message))
  }
}

/** Sends a packet, and waits until it has gone. */
function write(kind, bytes = Buffer.alloc(0)) {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(bytes.length + 1)
  head.write(kind, 4, 'latin1')
  return new Promise((resolve) => process.stdout.write(Buffer.concat([head, bytes]), resolve))
}
