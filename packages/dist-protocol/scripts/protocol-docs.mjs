// Writes what docs/ shows of the protocol's tables: the state machines, and the flags and opcodes in protocol.md.
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
  DIST_MONITOR: 'both monitor flags are needed for any monitor: `control/control-encode.ts`',
  DIST_MONITOR_NAME: 'both monitor flags are needed for any monitor: `control/control-encode.ts`',
  DIST_HDR_ATOM_CACHE: '`channel/distribution-header.ts`',
  SEND_SENDER: 'SEND to peers without it: `control/control-encode.ts`',
  EXIT_PAYLOAD: 'reasons inside the control tuple for peers without it: `control/control-encode.ts`',
  FRAGMENTS: '`channel/fragment.ts`, `channel/frame-writer.ts`',
  HANDSHAKE_23: '`handshake/handshake-message.ts`',
  UNICODE_IO: 'who serves I/O requests accepts both forms: `@dynsrv/node`',
  BIG_SEQTRACE_LABELS: 'tokens are handed over as they come: `control/control-decode.ts`',
  UNLINK_ID: 'UNLINK is refused towards peers with it, UNLINK_ID towards those without: `control/control-encode.ts`',
  MANDATORY_25_DIGEST: 'announced beside every bit it stands for, expanded in what peers announce: `flags.ts`',
  SPAWN: 'every SPAWN_REQUEST must be answered: `@dynsrv/node`',
  NAME_ME:
    'only while asking for a name, or handing one out: `handshake/initiator-handshake.ts`, `handshake/acceptor-handshake.ts`',
  ALIAS: '`control/control-encode.ts`, `control/control-decode.ts`',
  LOCAL_EXT: 'never on the wire',
  ALTACT_SIG: 'not announced; understood when it comes: `control/control-decode.ts`',
  NATIVE_RECORDS: 'not announced; RECORD_EXT comes all the same: `@dynsrv/etf`',
}

/** The sections of docs/protocol.md that this package answers for, by their marker. */
export function protocolSections({ FLAG_TABLE, VISIBLE_FLAGS, OPCODE_TABLE }) {
  const flags = FLAG_TABLE.map(({ name, flag, since, mandatorySince }) => {
    const bit = flag.toString(2).length - 1
    const announced = (VISIBLE_FLAGS & flag) === 0n ? 'no' : 'yes'
    return `| ${bit} | ${name} | ${since} | ${mandatorySince ?? ''} | ${announced} | ${FLAG_NOTES[name] ?? 'the term codec, `@dynsrv/etf`'} |`
  })
  const opcodes = OPCODE_TABLE.map(
    ({ opcode, name, op, arity, payload, flags: needed = [] }) =>
      `| ${opcode} | ${name} | \`${op}\` | ${arity} | ${payload ? 'yes' : ''} | ${needed.join(', ')} |`,
  )
  return {
    flags: `## Capability flags

Handled in \`packages/dist-protocol/src/flags.ts\`. "Announced" is what a visible node of ours says; a hidden one leaves
PUBLISHED out. "Mandatory" is the first OTP release that refuses peers without the flag.

| Bit | Flag | Since OTP | Mandatory | Announced | What it does here |
|---:|---|---|---|---|---|
${flags.join('\n')}`,
    opcodes: `## Control messages

Read in \`packages/dist-protocol/src/control/control-decode.ts\`, written in \`control/control-encode.ts\`. Every opcode is understood when it
comes, whatever was agreed; which one is written follows from the flags of both sides. Opcodes that say the same thing in
an older, newer or traced form come as one \`op\`. 5 (NODE_LINK) is refused, as BEAM does; opcodes that are not listed come as
\`UNKNOWN\` and cost nobody the connection.

| Opcode | Name | \`op\` | Elements | Payload | Needs |
|---:|---|---|---:|---|---|
${opcodes.join('\n')}`,
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
  const tables = await import('@dynsrv/dist-protocol')
  writeFileSync(STATE_MACHINES_FILE, stateMachines(tables))
  writeFileSync(PROTOCOL_FILE, withSections(readFileSync(PROTOCOL_FILE, 'utf8'), protocolSections(tables)))
}
