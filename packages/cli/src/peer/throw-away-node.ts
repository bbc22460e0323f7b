import { findCookie } from '@dynsrv/cluster'
import { throwAwayName } from '@dynsrv/doctor'
import type { EpmdModule } from '@dynsrv/epmd-shim'
import type { DecodeOptions } from '@dynsrv/etf'
import { type Node, startNode } from '@dynsrv/node'
import { system } from '../world.ts'
import type { PeerOptions } from './peer-options.ts'
import { refuseCookie } from './refuse-cookie.ts'

/** The cookie of `--cookie-file`, `RELEASE_COOKIE` or the home folder. */
export async function peerCookie({ cookie, cookieFile }: Pick<PeerOptions, 'cookie' | 'cookieFile'>): Promise<string> {
  refuseCookie(cookie)
  return findCookie({ cookieFile, env: system.env })
}

/** Starts a hidden node that listens nowhere and registers nowhere. */
export async function throwAwayNode(
  options: Pick<PeerOptions, 'name' | 'cookie' | 'cookieFile' | 'tls'>,
  {
    epmd,
    short = false,
    timeoutMs,
    decode,
    printed = () => undefined,
  }: {
    readonly epmd: EpmdModule
    readonly short?: boolean
    readonly timeoutMs?: number
    readonly decode?: DecodeOptions
    /** Gets what code on another node prints in our name; left out, it is dropped. */
    readonly printed?: (text: string, node: string) => void
  },
): Promise<Node> {
  return startNode({
    name: throwAwayName(options.name, short),
    cookie: await peerCookie(options),
    epmd,
    listen: false,
    shortNames: short,
    output: (text, from) => printed(text, from.node.name),
    ...(options.tls !== undefined && { tls: options.tls }),
    ...(decode !== undefined && { decode }),
    ...(timeoutMs !== undefined && { setupTimeMs: Math.min(timeoutMs, MAX_SETUP_MS) }),
  })
}

/** @see NodeOptions.setupTimeMs */
const MAX_SETUP_MS = 120_000
