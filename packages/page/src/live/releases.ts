import { type Cluster, oneLine } from '@dynsrv/cluster'
import { atom } from '@dynsrv/etf'
import { codeOf } from '@dynsrv/kit'
import type { PeerState } from '@dynsrv/node'

/** How long a member may take to answer, in milliseconds. */
const PATIENCE_MS = 2_000
/** How many answers are remembered. */
const MAX_KNOWN = 2_000
/** A release is `27`; whatever else comes is cut. */
const MAX_CHARACTERS = 20

type Connected = Extract<PeerState, { state: 'connected' }>

/** Which OTP release members run. Each is asked once a link, and only when somebody looks at it. */
export class Releases {
  readonly #cluster: Cluster
  readonly #known = new Map<string, { readonly link: string; readonly runs: Promise<string> }>()

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** `OTP 27`, or `not BEAM`; empty when it did not answer. */
  async of({ peer, creation, since }: Connected): Promise<string> {
    const link = `${creation} ${since}`
    const known = this.#known.get(peer)
    if (known?.link === link) return known.runs
    const runs = this.#ask(peer)
    this.#known.delete(peer)
    this.#known.set(peer, { link, runs })
    if (this.#known.size > MAX_KNOWN) this.#known.delete(this.#known.keys().next().value!)
    return runs
  }

  async #ask(peer: string): Promise<string> {
    const { node } = this.#cluster
    try {
      const options = { timeoutMs: PATIENCE_MS }
      return `OTP ${releaseText(await node.erpc(peer, 'erlang', 'system_info', [atom('otp_release')], options))}`
    } catch (error) {
      // Every BEAM node has that function; the link may be gone meanwhile, or the peer knows no calls.
      return codeOf(error) === 'NODE_REMOTE_ERROR' ? 'not BEAM' : ''
    }
  }
}

/** A BEAM node answers the characters of `"27"`, as a list or as bytes. */
function releaseText(term: unknown): string {
  if (typeof term === 'string') return oneLine(term.slice(0, MAX_CHARACTERS))
  const codes = Array.isArray(term) || term instanceof Uint8Array ? [...term.slice(0, MAX_CHARACTERS)] : []
  const isText = codes.every((code) => typeof code === 'number' && code >= 0x20 && code <= 0xff_ff)
  return isText && codes.length > 0 ? oneLine(String.fromCharCode(...(codes as number[]))) : '(unknown)'
}
