import { makeCertificate, tlsDistArgs } from '@dynsrv/tools/certificates'
import type { NodeOptions } from '../../src/index.ts'
import { OVER_TCP, overTls, type Way } from './attacker.ts'

export interface TestTransport {
  readonly over: string
  /** How a peer by hand opens its socket; over TLS with a certificate that is trusted. */
  readonly way: Way
  /** Of a node of ours. */
  readonly options: Pick<NodeOptions, 'tls'>
  /** Of a BEAM node. */
  readonly args: readonly string[]
}

const certificate = makeCertificate()
const { cert, key, ca } = certificate

/** What must hold over both. */
export const TRANSPORTS: readonly TestTransport[] = [
  { over: 'TCP', way: OVER_TCP, options: {}, args: [] },
  {
    over: 'TLS',
    way: overTls({ cert, key }),
    options: { tls: { cert, key, ca, requestCert: true, rejectUnauthorized: true } },
    args: tlsDistArgs(certificate),
  },
]
