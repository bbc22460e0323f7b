import { connect } from 'node:net'
import { StrategyError } from '../error.ts'

/** A name that an epmd knows: the part before the `@`, and its distribution port. */
export interface RegisteredName {
  readonly name: string
  readonly port: number
}

/** Asks the epmd of a host for all its names; `names` of any `EpmdModule` of `@dynsrv/epmd-shim` fits. */
export type EpmdNames = (
  host: string,
  options: { readonly signal: AbortSignal },
) => Promise<readonly RegisteredName[]> | readonly RegisteredName[]

const NAMES_REQ = Uint8Array.of(0, 1, 110)
const MAX_REPLY_BYTES = 1_000_000
const LINE = /^name (\S+) at port (\d+)$/

/**
 * The NAMES_REQ of the epmd protocol.
 *
 * @see `erl_dist_protocol`, "Get All Registered Names from EPMD"
 */
export function epmdNames({ port = 4369, timeoutMs = 5_000 } = {}): EpmdNames {
  return (host, { signal }) =>
    new Promise((resolve, reject) => {
      const socket = connect({ host, port, signal })
      const chunks: Buffer[] = []
      let bytes = 0
      const fail = (why: string, cause?: unknown) => {
        socket.destroy()
        const hint = `Start epmd there, or look whether its port ${port} is open.`
        const options = { hint, retryable: true, cause }
        reject(new StrategyError('STRATEGY_SOURCE_UNREACHABLE', `epmd on ${host}:${port} ${why}`, options))
      }
      socket.setTimeout(timeoutMs, () => fail(`gave no answer within ${timeoutMs / 1_000} s`))
      socket.on('connect', () => socket.write(NAMES_REQ))
      socket.on('error', (error) => (signal.aborted ? reject(signal.reason) : fail(`failed: ${error.message}`, error)))
      socket.on('data', (chunk) => {
        chunks.push(chunk)
        bytes += chunk.length
        if (bytes > MAX_REPLY_BYTES) fail(`sent more than ${MAX_REPLY_BYTES} bytes`)
      })
      socket.on('end', () => {
        if (bytes < 4) fail('closed before it had answered')
        else resolve(namesIn(Buffer.concat(chunks).subarray(4).toString('latin1')))
      })
    })
}

function namesIn(text: string): RegisteredName[] {
  return text.split('\n').flatMap((line) => {
    const [, name, port] = LINE.exec(line) ?? []
    return name === undefined ? [] : [{ name, port: Number(port) }]
  })
}
