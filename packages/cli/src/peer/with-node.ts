import type { Node } from '@dynsrv/node'
import { durationMs } from '../options/duration.ts'
import { SHOWN_TERMS } from '../term/shown-terms.ts'
import { EXIT_OK } from '../terminal/exit-code.ts'
import { openDirectory, peerName } from './directory.ts'
import type { PeerOptions } from './peer-options.ts'
import { peerCookie, throwAwayNode } from './throw-away-node.ts'
import { withoutCookie } from './without-cookie.ts'

/**
 * Connects a node that lives for this command with a peer, and does something with the two.
 *
 * @returns the exit code
 */
export async function withNode(
  options: PeerOptions,
  node: string,
  run: (us: Node, peer: string, timeoutMs: number, masked: (text: string) => string) => Promise<void>,
): Promise<number> {
  const { name, short } = peerName(node)
  const timeoutMs = durationMs(options.timeout)
  using directory = await openDirectory(options, name)
  await using us = await throwAwayNode(options, { epmd: directory.epmd, short, timeoutMs, decode: SHOWN_TERMS })
  const cookie = await peerCookie(options)
  await us.connect(name)
  await run(us, name, timeoutMs, (text) => withoutCookie(text, cookie))
  return EXIT_OK
}
