import { DistError } from '../error.ts'

interface Foreign {
  readonly name: string
  readonly starts: readonly string[]
  readonly hint?: string
}

const FOREIGN: readonly Foreign[] = [
  { name: 'HTTP', starts: ['HT', 'GE', 'PO', 'PU', 'HE', 'DE', 'OP', 'PA', 'PR', 'CO', 'TR'] },
  {
    name: 'TLS',
    starts: ['\x14\x03', '\x15\x03', '\x16\x03'],
    hint: 'The peer distributes over TLS (-proto_dist inet_tls), or a TLS proxy listens here; use TLS on both sides or none.',
  },
  { name: 'SSH', starts: ['SS'] },
  { name: 'SMTP or FTP', starts: ['22'] },
  { name: 'Redis', starts: ['-E', '*1', '*2', '*3'] },
]

/** The error for a peer whose first two bytes are those of another protocol. */
export function foreignProtocol(firstBytes: readonly number[], peer?: string): DistError | undefined {
  const start = String.fromCharCode(...firstBytes)
  const foreign = FOREIGN.find(({ starts }) => starts.includes(start))
  if (foreign === undefined) return undefined
  return new DistError(
    'DIST_NOT_DISTRIBUTION',
    `the other end speaks ${foreign.name}, not the Erlang distribution protocol`,
    {
      peer,
      ...(foreign.hint === undefined ? {} : { hint: foreign.hint }),
    },
  )
}
