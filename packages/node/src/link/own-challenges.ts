import type { Socket } from 'node:net'

/** Every copy of this file in a process shares them, as nodes of one process share a cookie. */
const KEY = Symbol.for('dynsrv.ownChallenges')

// biome-ignore lint/style/noRestrictedGlobals: the place that all copies share
const shared = globalThis as { [KEY]?: Map<number, Handshake> }
shared[KEY] ??= new Map()
const open = shared[KEY]

type Role = 'initiator' | 'acceptor'

/** A handshake of ours that is under way. */
interface Handshake {
  readonly role: Role
  /** The end of its connection on the side that dialled. */
  readonly from: string | undefined
}

/** The challenge of a handshake of ours; disposing of it says that the handshake is over. */
export interface OwnChallenge extends Disposable {
  readonly value: number
  /**
   * Whether a challenge that the peer of this handshake shows is one of ours, of whichever node of this process: the peer
   * would pass our answer on to the handshake that waits for it, and get in without the cookie.
   *
   * Two nodes of one process that connect each other show each other challenges of ours, and are known by their one connection.
   */
  readonly isReflected: (challenge: number) => boolean
}

/**
 * Makes a challenge that no other handshake of this process has open.
 *
 * @param random a number that nobody can foresee; the whole unsigned 32-bit range is legal
 * @param role which side of the socket we are
 */
export function openChallenge(random: () => number, role: Role, socket: Socket): OwnChallenge {
  const from =
    role === 'initiator' ? endOf(socket.localAddress, socket.localPort) : endOf(socket.remoteAddress, socket.remotePort)
  let value = random()
  while (open.has(value)) value = random()
  open.set(value, { role, from })
  return {
    value,
    isReflected: (challenge) => {
      const other = open.get(challenge)
      if (other === undefined) return false
      return other.role === role || from === undefined || other.from !== from
    },
    [Symbol.dispose]: () => void open.delete(value),
  }
}

/** One end of a connection as text; a socket on all addresses shows IPv4 ones in their mapped form. */
function endOf(address: string | undefined, port: number | undefined): string | undefined {
  return address === undefined ? undefined : `${address.replace(/^::ffff:/i, '')} ${port}`
}
