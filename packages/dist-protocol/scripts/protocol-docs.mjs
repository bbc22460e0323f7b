// Writes what docs/ shows of the protocol's tables: the state machines, and in protocol.md the flags, handshake messages,
// opcodes, frames, ticks and creations.
//
//   npm run build && node packages/dist-protocol/scripts/protocol-docs.mjs
//
// A test of this package fails when the files do not say what the tables say.
import { readFileSync, writeFileSync } from 'node:fs'

const DOCS = new URL('../../../docs/', import.meta.url)
export const STATE_MACHINES_FILE = new URL('state-machines.md', DOCS)
export const PROTOCOL_FILE = new URL('protocol.md', DOCS)

/** The whole of docs/state-machines.md. */
export function stateMachines({ INITIATOR_TRANSITIONS, ACCEPTOR_TRANSITIONS }) {
  return `# State machines of the handshake

Generated from \`packages/dist-protocol/src/handshake/handshake-transitions.ts\` by
\`node packages/dist-protocol/scripts/protocol-docs.mjs\`; a test fails when the two differ.

An arrow is a message with its verdict. In every state, whatever has no arrow there leads to \`failed\`: another message
(\`DIST_UNEXPECTED_MESSAGE\`), one that is malformed, a peer that closes, or the set-up time running out. A machine that has
failed stays failed.

## Initiator: the side that dialled

${diagram(INITIATOR_TRANSITIONS)}

## Acceptor: the side that was dialled

${diagram(ACCEPTOR_TRANSITIONS)}
`
}

function diagram(transitions) {
  const arrows = Object.entries(transitions).flatMap(([state, events]) =>
    Object.entries(events).map(([event, next]) => `  ${state} --> ${next}: ${event}`),
  )
  return [
    '```mermaid',
    'stateDiagram-v2',
    '  [*] --> idle',
    ...arrows,
    '  connected --> [*]',
    '  failed --> [*]',
    '```',
  ].join('\n')
}

/** What we do about each flag that is not simply announced and used. */
const FLAG_NOTES = {
  PUBLISHED: 'visible nodes only',
  ATOM_CACHE: 'obsolete',
  HIDDEN_ATOM_CACHE: 'obsolete',
  DIST_MONITOR: 'both monitor flags are needed for any monitor: `control/opcodes.ts`',
  DIST_MONITOR_NAME: 'both monitor flags are needed for any monitor: `control/opcodes.ts`',
  DIST_HDR_ATOM_CACHE: '`channel/distribution-header.ts`',
  SEND_SENDER: 'SEND to peers without it: `control/opcodes.ts`',
  EXIT_PAYLOAD: 'reasons inside the control tuple for peers without it: `control/opcodes.ts`',
  FRAGMENTS: '`channel/fragment.ts`, `channel/frame-writer.ts`',
  HANDSHAKE_23: '`handshake/handshake-message.ts`',
  UNICODE_IO: 'who serves I/O requests accepts both forms: `@dynsrv/node`',
  BIG_SEQTRACE_LABELS: 'tokens are handed over as they come: `control/control-codec.ts`',
  UNLINK_ID: 'UNLINK is refused towards peers with it, UNLINK_ID towards those without: `control/opcodes.ts`',
  MANDATORY_25_DIGEST: 'announced beside every bit it stands for, expanded in what peers announce: `flags.ts`',
  SPAWN: 'every SPAWN_REQUEST must be answered: `@dynsrv/node`',
  NAME_ME:
    'only while asking for a name, or handing one out: `handshake/initiator-handshake.ts`, `handshake/acceptor-handshake.ts`',
  ALIAS: '`control/opcodes.ts`',
  LOCAL_EXT: 'never on the wire',
  ALTACT_SIG: 'exits and priority messages to aliases: `control/opcodes.ts`',
  NATIVE_RECORDS: 'not announced; RECORD_EXT comes all the same: `@dynsrv/etf`',
}

/** What each handshake message is for. */
const HANDSHAKE_NOTES = {
  sendName: 'the first message: who dials',
  status: 'the verdict on the name',
  statusReply: 'the answer to `alive`: whether the new connection is wanted all the same',
  challenge: 'who was dialled, and what is to be proved',
  complement: 'what a version 5 name could not carry; only behind a version 6 challenge',
  challengeReply: 'the proof of the cookie, and a challenge back',
  challengeAck: 'the proof of the other side; both are connected',
}

function flagsSection({ FLAG_TABLE, VISIBLE_FLAGS }) {
  const rows = FLAG_TABLE.map(({ name, flag, since, mandatorySince }) => {
    const bit = flag.toString(2).length - 1
    const announced = (VISIBLE_FLAGS & flag) === 0n ? 'no' : 'yes'
    return `| ${bit} | ${name} | ${since} | ${mandatorySince ?? ''} | ${announced} | ${FLAG_NOTES[name] ?? 'the term codec, `@dynsrv/etf`'} |`
  })
  return `## Capability flags

Handled in \`packages/dist-protocol/src/flags.ts\`. "Announced" is what a visible node of ours says; a hidden one leaves
PUBLISHED out. "Mandatory" is the first OTP release that refuses peers without the flag.

| Bit | Flag | Since OTP | Mandatory | Announced | What it does here |
|---:|---|---|---|---|---|
${rows.join('\n')}`
}

function layoutText(part) {
  if (part.is === 'digest') return 'digest'
  if (!('always' in part)) return `${part.name} ${part.is}`
  return part.is === 'u16' ? `u16 ${part.always}` : `\`${part.always}\``
}

function handshakeSection({ HANDSHAKE_LAYOUTS }) {
  const rows = HANDSHAKE_LAYOUTS.map(({ from, tag, parts, message: { kind, version } }) => {
    const name = version === undefined ? `\`${kind}\`` : `\`${kind}\`, version ${version}`
    return `| ${name} | ${from} | \`${tag}\` | ${parts.map(layoutText).join(', ')} | ${HANDSHAKE_NOTES[kind]} |`
  })
  return `## Handshake messages

The table of layouts is in \`handshake/handshake-message.ts\`, which reads and writes by it; the order of the messages is in
\`handshake/handshake-transitions.ts\` and drawn in [state-machines.md](state-machines.md). A packet is its length (u16; u32
over TLS: \`packet.ts\`), the tag, which is one byte, and these parts. Integers are unsigned and big-endian; \`text\` goes to the
end of the packet, \`u16 text\` has its length in front; a digest is 16 bytes: MD5 of the cookie and the decimal digits of the
other side's challenge (\`handshake/digest.ts\`). Bytes behind the parts are ignored.

| Message | From | Tag | Parts | What it says |
|---|---|---|---|---|
${rows.join('\n')}`
}

/** Marks what must be of the sender's node, and what of the receiver's. */
const OF = { self: '¹', peer: '²' }

function fieldText([name, field]) {
  if (field.role === 'fixed') return "''"
  if (field.of !== undefined) return `${name}${OF[field.of]}`
  return field.role === 'tuple' ? `{${Object.keys(field.fields).join(', ')}}` : name
}

function opcodesSection({ OPCODE_TABLE, flagNames }) {
  const rows = OPCODE_TABLE.map(({ opcode, name, op, fields, payload, needs = 0n }) => {
    const elements = Object.entries(fields).map(fieldText).join(', ')
    return `| ${opcode} | ${name} | \`${op}\` | ${elements} | ${payload ?? ''} | ${flagNames(needs).join(', ')} |`
  })
  return `## Control messages

The table is in \`control/opcodes.ts\`; \`control/control-codec.ts\` reads and writes by it. Every opcode is understood when it
comes, whatever was agreed. Opcodes that say the same thing in an older, newer or traced form come as one \`op\`; of them the
highest is written whose flags both sides announced, with a token when there is one. 5 (NODE_LINK) is refused, as BEAM
does; opcodes that are not listed come as \`UNKNOWN\` and cost nobody the connection. To add an opcode, add its row.

¹ is of the sender's node (a name may stand there too), ² of the receiver's. Over another node BEAM closes the link, and an EXIT2
in the name of its own process crashes OTP 23 to 29; so does a trace token that is a number. None of these is written
(\`DIST_BAD_CONTROL\`), and a peer that sends the wrong node loses its link. Written are only tokens \`{Flags, Label, Serial, From,
LastCount}\`, and arities up to 255.

| Opcode | Name | \`op\` | Elements behind the opcode | Payload | Needs |
|---:|---|---|---|---|---|
${rows.join('\n')}`
}

function framesSection({ Frame, CHANNEL_LIMITS }) {
  const { VERSION, PASS_THROUGH, HEADER, FIRST_FRAGMENT, FURTHER_FRAGMENT, FRAGMENT_BYTES } = Frame
  const ids = 'sequence u64, fragment u64'
  return `## Frames, distribution headers and fragments

After the handshake each frame is its length, a u32 (\`packet.ts\`), and one of these. What a link uses is fixed by the flags of
both sides. \`channel/frame-reader.ts\` reads them, \`channel/frame-writer.ts\` writes them; the numbers are in
\`channel/frame.ts\`.

| Frame | Bytes behind the length | When |
|---|---|---|
| tick | none | always |
| pass-through | ${PASS_THROUGH}, ${VERSION} control, ${VERSION} payload | neither DIST_HDR_ATOM_CACHE nor FRAGMENTS |
| whole message | ${VERSION}, ${HEADER}, header, control, payload | DIST_HDR_ATOM_CACHE or FRAGMENTS |
| first fragment | ${VERSION}, ${FIRST_FRAGMENT}, ${ids}, header, control, beginning of the payload | FRAGMENTS |
| further fragment | ${VERSION}, ${FURTHER_FRAGMENT}, ${ids}, more of the payload | FRAGMENTS |

- **Header** (\`channel/distribution-header.ts\`): u8 number of atoms; if not 0, half a byte for each and one more (bit 3: new
  atom, bits 0 to 2: segment of the cache; in the last one bit 0: lengths are u16), the low half of a byte first; then for
  each atom its slot in the segment (u8) and, if new, length and UTF-8 text. ATOM_CACHE_REF inside the terms counts in
  this list. Each direction has a cache of 2048 slots; we write, as BEAM does, to 2039.
- **Fragments** (\`channel/fragment.ts\`) of one message count down to 1; those of several messages may come in turns. Only
  the payload is cut, here as in BEAM every ${FRAGMENT_BYTES} bytes. We write no sequence 0, no fragment 0, and no atoms in a header
  without DIST_HDR_ATOM_CACHE: each crashes releases of BEAM.
- **Limits**: a frame has at most ${CHANNEL_LIMITS.maxFrameBytes} bytes; unfinished messages have together at most
  ${CHANNEL_LIMITS.maxPartialBytes} bytes, are at most ${CHANNEL_LIMITS.maxPartialMessages}, and wait at most ${CHANNEL_LIMITS.maxPartialAgeMs} ms for their next fragment
  (\`channel/channel.ts\`).`
}

function ticksSection({ TICK_DEFAULTS: { netTickTimeMs, netTickIntensity } }) {
  const look = netTickTimeMs / netTickIntensity
  return `## Ticks

Handled in \`channel/tick-clock.ts\`. Each side looks at the link every ${netTickTimeMs} / ${netTickIntensity} = ${look} ms (\`net_ticktime\` and \`net_tickintensity\`
of OTP, which both sides must agree on). When nothing was sent since the last look, or nothing came, it sends a tick:
four zero bytes. When nothing came for ${netTickIntensity} looks in a row, the peer counts as down: between ${(netTickTimeMs - look) / 1000} and ${(netTickTimeMs + look) / 1000} s after its last
byte. Any byte counts, also of an unfinished frame.`
}

function creationsSection({ LARGEST_SMALL_CREATION: small }) {
  return `## Creations

A creation is an unsigned 32-bit number, another one for each incarnation of a node under the same name; it is part of
every pid, port and reference (\`term.ts\` in \`@dynsrv/etf\`). It comes from epmd or is random, and is announced in the handshake
(\`node-identity.ts\`). 0 means "not known yet"; 1 to ${small} are those that nodes before OTP 23 used in turn, and the tags before
OTP 23 have no room for others (\`read/identifier-reader.ts\`); ours are ${small + 1} and above. A version 5 name carries none: it
comes in the complement.`
}

/** The sections of docs/protocol.md that this package answers for, by their marker. */
export function protocolSections(tables) {
  return {
    flags: flagsSection(tables),
    handshake: handshakeSection(tables),
    opcodes: opcodesSection(tables),
    frames: framesSection(tables),
    ticks: ticksSection(tables),
    creations: creationsSection(tables),
  }
}

/** The text with each section put between its markers, or added at the end. */
export function withSections(text, sections) {
  return Object.entries(sections).reduce((result, [name, section]) => {
    const [begin, end] = [`<!-- begin ${name} (generated) -->`, `<!-- end ${name} -->`]
    const [from, to] = [result.indexOf(begin), result.indexOf(end)]
    const block = `${begin}\n${section}\n${end}`
    if (from === -1 || to === -1) return `${result.trimEnd()}\n\n${block}\n`
    return result.slice(0, from) + block + result.slice(to + end.length)
  }, text)
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const { LARGEST_SMALL_CREATION } = await import('@dynsrv/etf')
  const tables = { ...(await import('@dynsrv/dist-protocol')), LARGEST_SMALL_CREATION }
  writeFileSync(STATE_MACHINES_FILE, stateMachines(tables))
  writeFileSync(PROTOCOL_FILE, withSections(readFileSync(PROTOCOL_FILE, 'utf8'), protocolSections(tables)))
}
