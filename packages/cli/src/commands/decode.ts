import { DynsrvError, explain } from '@dynsrv/cluster'
import { flagNames } from '@dynsrv/dist-protocol'
import { decode as decodeTerm, inspect, type Term, toJson } from '@dynsrv/etf'
import { codeOf, isCoded } from '@dynsrv/kit'
import type { Command } from '../command.ts'
import { withPrinting } from '../options/command-options.ts'
import { decodeStream, type StreamPacket } from '../term/decode-stream.ts'

import { SHOWN_TERMS } from '../term/shown-terms.ts'
import { EXIT_FAILED, EXIT_OK } from '../terminal/exit-code.ts'
import { standardInput } from '../terminal/input.ts'
import { output } from '../terminal/output.ts'
import { Reworded } from '../terminal/reworded.ts'
import { files } from '../world.ts'

/** The options of `dynsrv decode`, as they were typed. */
export interface DecodeOptions {
  readonly elixir?: boolean
  readonly json?: boolean
  readonly plain?: boolean
}

const VERSION = 131
const STANDARD_INPUT = '-'

/**
 * Shows a term, or one direction of a captured link packet by packet.
 *
 * @param source hexadecimal digits, or a file of bytes or such digits; `-` or nothing for standard input
 * @returns the exit code: 1 when the bytes break the format
 */
export async function decode(options: DecodeOptions, source = STANDARD_INPUT): Promise<number> {
  const bytes = await bytesOf(source)
  const out = output(options)
  const syntax = options.elixir === true ? 'elixir' : 'erlang'
  if (bytes[0] === VERSION) {
    const term = oneTerm(bytes)
    if (out.json) out.object({ term: toJson(term) })
    else out.line([inspect(term, { syntax })])
    return EXIT_OK
  }
  let sound = true
  for (const packet of decodeStream(bytes)) {
    const { offset, what } = packet
    sound = what.type !== 'failed' && what.type !== 'cut'
    const [kind, text] = describe(what, (term) => inspect(term, { syntax }))
    if (out.json) out.object({ offset, bytes: packet.bytes, type: what.type, kind, text })
    else {
      out.line([
        [String(offset).padStart(8), 'quiet'],
        `${String(packet.bytes).padStart(8)}  `,
        [kind.padEnd(KIND_WIDTH), sound ? 'name' : 'bad'],
        `  ${text}`,
      ])
    }
  }
  return sound ? EXIT_OK : EXIT_FAILED
}

function oneTerm(bytes: Uint8Array): Term {
  try {
    return decodeTerm(bytes, SHOWN_TERMS)
  } catch (error) {
    if (!isCoded(error) || error.code !== 'ETF_TRAILING_BYTES') throw error
    throw new Reworded(error, { hint: 'Give the bytes of one term, or a link that was captured from its first byte.' })
  }
}

const KIND_WIDTH = 'challengeReply'.length

function describe(what: StreamPacket['what'], show: (term: Term) => string): readonly [kind: string, text: string] {
  switch (what.type) {
    case 'handshake': {
      const { kind, ...facts } = what.message
      const flags = 'flags' in facts ? `  ${flagNames(facts.flags).join(' ')}` : ''
      const shown = Object.entries(facts).filter(([key]) => key !== 'flags')
      return [kind, shown.map(([key, value]) => `${key} ${factText(value)}`).join(', ') + flags]
    }
    case 'message': {
      const { op, ...parts } = what.control
      const shown = Object.entries(parts).map(([key, value]) => `${key} ${show(value as Term)}`)
      if (what.payload !== undefined) shown.push(`payload ${show(what.payload.decode(SHOWN_TERMS))}`)
      return [String(op), shown.join(', ')]
    }
    case 'failed':
      return ['failed', explain(what.error).message]
    case 'refused':
      return ['refused', explain(what.error).message]
    case 'cut':
      return ['cut', 'the capture ends within this packet']
    default:
      return [what.type, '']
  }
}

function factText(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

async function bytesOf(source: string): Promise<Uint8Array> {
  const fromHex = hexBytes(source)
  if (fromHex !== undefined) return fromHex
  try {
    const bytes = source === STANDARD_INPUT ? await standardInput() : await files.read(source)
    if (bytes.length === 0) throw new Error('it is empty')
    return hexBytes(Buffer.from(bytes).toString('latin1')) ?? bytes
  } catch (cause) {
    const missing = codeOf(cause) === 'ENOENT'
    const why = missing ? 'there is no such file, and it is not pairs of hexadecimal digits' : explain(cause).message
    throw new DynsrvError(
      'DYNSRV_BAD_OPTION',
      `cannot read ${source === STANDARD_INPUT ? 'standard input' : source}: ${why}`,
      {
        hint: 'Give pairs of hexadecimal digits, such as 83610b, or a file, or pipe either in.',
        cause,
      },
    )
  }
}

function hexBytes(text: string): Uint8Array | undefined {
  const digits = text.replace(/\s/g, '')
  return digits !== '' && /^(?:[0-9a-f]{2})+$/i.test(digits) ? Buffer.from(digits, 'hex') : undefined
}

export const command: Command = {
  summary: 'show a term, or a captured link packet by packet',
  group: 'Help on this machine',
  place: 16,
  declare: (declared, { runs }) =>
    withPrinting(
      declared
        .description('Shows a term, or one direction of a captured distribution stream, packet by packet.')
        .argument(
          '[hex|file|-]',
          'hexadecimal digits, or a file of bytes or of such digits; - or none reads standard input',
        )
        .option('--elixir', 'write terms as Elixir does'),
    )
      .addHelpText('after', HELP)
      .action(runs(decode)),
}

const HELP = `
Examples:
  $ dynsrv decode 836802770261626100
  $ dynsrv decode capture.bin
  $ xxd -p capture.bin | dynsrv decode -

A stream begins with its handshake or at a frame. The columns are offset, bytes, kind and content.
Exit codes: 0 shown, 1 the bytes are not in this format, 2 bad arguments.
`
