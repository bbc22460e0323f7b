import type { Socket } from 'node:net'
import type { World } from '@dynsrv/kit'
import { randomChallenge } from './handshake-socket.ts'

/** Every copy of this file in a process shares them, as nodes of one process share a cookie. */
const KEY = Symbol.for('dynsrv.ownChallenges')

type Role = 'initiator' | 'acceptor'

/** A handshake of ours that is under way. */
interface Handshake {
  readonly role: Role
  /** The end of its connection on the side that dialled. */
  readonly from: string | undefined
}

/** The challenge of a handshake of ours. */
export interface OwnChallenge {
  readonly value: number
  /**
   * Whether a challenge that the peer of this handshake shows is one of ours, of whichever node of this process: the peer
   * would pass our answer on to the handshake that waits for it, and get in without the cookie.
   *
   * Two nodes of one process that connect each other show each other challenges of ours, and are known by their one connection.
   */
  readonly isReflected: (challenge: number) => boolean
  /** Says that the handshake is over. */
  readonly close: () => void
}

/** The challenges of all handshakes of this process that are under way. */
export class OwnChallenges {
  readonly #random: World['random']
  readonly #open: Map<number, Handshake>

  constructor({ random, system }: Pick<World, 'random' | 'system'>) {
    this.#random = random
    // biome-ignore lint/style/noRestrictedGlobals: the place that all copies share
    const shared = (system.shared ?? globalThis) as { [KEY]?: Map<number, Handshake> }
    shared[KEY] ??= new Map()
    this.#open = shared[KEY]
  }

  /**
   * Makes a challenge that nobody can foresee and that no other handshake of this process has open.
   *
   * @param role which side of the socket we are
   */
  open(role: Role, socket: Socket): OwnChallenge {
    const open = this.#open
    const from =
      role === 'initiator'
        ? endOf(socket.localAddress, socket.localPort)
        : endOf(socket.remoteAddress, socket.remotePort)
    let value = randomChallenge(this.#random)
    while (open.has(value)) value = randomChallenge(this.#random)
    open.set(value, { role, from })
    return {
      value,
      isReflected: (challenge) => {
        const other = open.get(challenge)
        if (other === undefined) return false
        return other.role === role || from === undefined || other.from !== from
      },
      close: () => void open.delete(value),
    }
  }
}

/** One end of a connection as text; a socket on all addresses shows IPv4 ones in their mapped form. */
function endOf(address: string | undefined, port: number | undefined): string | undefined {
  return address === undefined ? undefined : `${address.replace(/^::ffff:/i, '')} ${port}`
}
