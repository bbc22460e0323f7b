import type { Node } from '@dynsrv/node'
import { durationMs } from '../options/duration.ts'
import { SHOWN_TERMS } from '../term/shown-terms.ts'
import { EXIT_OK } from '../terminal/exit-code.ts'
import { output } from '../terminal/output.ts'
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
  const cookie = await peerCookie(options)
  const masked = (text: string) => withoutCookie(text, cookie)
  const out = output(options)
  const printed = (text: string, from: string) => out.printed(masked(text), from)
  const { epmd } = directory
  await using us = await throwAwayNode(options, { epmd, short, timeoutMs, decode: SHOWN_TERMS, printed })
  await us.connect(name)
  await run(us, name, timeoutMs, masked)
  return EXIT_OK
}
