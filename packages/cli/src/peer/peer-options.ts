import type { TlsFiles } from '@dynsrv/doctor'

/** The options of every command that talks to peers, as they were typed. */
export interface PeerOptions {
  readonly dns?: readonly string[]
  readonly portName?: string
  /** With a value where a host's nodes are listed. */
  readonly epmd?: boolean | string
  readonly at?: string
  readonly name?: string
  readonly cookieFile?: string
  readonly cookie?: string
  /** False for none. */
  readonly config?: string | false
  readonly timeout: string
  readonly json?: boolean
  readonly plain?: boolean
  /** What the links speak TLS with; only a configuration file says it. */
  readonly tls?: TlsFiles
}
