import { once } from 'node:events'
import { ErlEpmd } from '@dynsrv/epmd-shim'
import { identifier, timeLimit, type World } from '@dynsrv/kit'

/** Who was found behind a port where no node answers a handshake. */
export type Speaker =
  | { readonly protocol: 'HTTP'; readonly server?: string }
  /** epmd itself, with the nodes that it knows and their ports. */
  | { readonly protocol: 'epmd'; readonly nodes: readonly string[] }

interface Door {
  readonly ip: string
  readonly port: number
  readonly timeoutMs: number
  readonly world: World
}

/** The port has accepted a connection already: a second question need not wait long. */
const MAX_WAIT_MS = 2_000

/**
 * Asks a port that accepted our handshake and did not answer it whether a web server or epmd listens there.
 *
 * Many web servers wait in silence for the end of a line that a handshake does not have, and epmd closes at once: only a
 * question in their own language tells them from a node that hangs.
 */
export async function whoSpeaks({ timeoutMs, ...rest }: Door): Promise<Speaker | undefined> {
  const door = { ...rest, timeoutMs: Math.min(timeoutMs, MAX_WAIT_MS) }
  const found = await Promise.allSettled([http(door), epmd(door)])
  return found.flatMap((one) => (one.status === 'fulfilled' && one.value !== undefined ? [one.value] : []))[0]
}

async function http({ ip, port, timeoutMs, world }: Door): Promise<Speaker | undefined> {
  const socket = world.network.connect({ host: ip, port })
  try {
    const signal = timeLimit(world.clock, timeoutMs)
    socket.write('HEAD / HTTP/1.0\r\n\r\n')
    // A server that closes without a word does not say what it is.
    const heard = await Promise.race([once(socket, 'data', { signal }), once(socket, 'close', { signal })])
    const head = heard[0] instanceof Uint8Array ? Buffer.from(heard[0]).toString('latin1') : ''
    if (!head.startsWith('HTTP/')) return undefined
    const server = /^server: *([\x20-\x7e]{1,60})/im.exec(head)?.[1]?.trim()
    return { protocol: 'HTTP', ...(server !== undefined && { server }) }
  } finally {
    socket.on('error', () => socket.destroy()).destroy()
  }
}

async function epmd({ ip, port, timeoutMs, world }: Door): Promise<Speaker> {
  const asked = new ErlEpmd({ epmdPort: port, timeoutMs, world })
  try {
    const nodes = await asked.names(ip)
    return { protocol: 'epmd', nodes: nodes.map(({ name, port: at }) => `${identifier(name)} at port ${at}`) }
  } finally {
    asked.close()
  }
}
