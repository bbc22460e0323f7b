import { type AssignedName, DFLAG_NAME_ME } from '@dynsrv/dist-protocol'
import { LOWEST_CREATION, newCreation } from '@dynsrv/epmd-shim'
import { type Random, secretInteger, type World } from '@dynsrv/kit'
import type { Established } from './handshake-socket.ts'

/** The letters and digits of such a name, as OTP has them. */
const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'
/** 62 random bits: nobody comes by a name twice by chance. */
const LENGTH = 12

/** Names that came back and are kept for the next who asks. */
const MAX_KEPT = 1_000

const HIGHEST_CREATION = 2 ** 32 - 1

export interface DynamicNamesParts {
  readonly world: World
  readonly enabled: boolean
  /** Whether a peer of this name is connected or being dialled. */
  readonly taken: (name: string) => boolean
  /** Whom we let in, by name. */
  readonly allow: (name: string) => boolean
}

/**
 * The names of peers that have none of their own and asked us for one (`erl -name undefined`).
 *
 * A name whose peer has left is given again, with another creation: every other name would stay forever in the atom
 * tables of BEAM nodes that have heard of it.
 *
 * @see OTP `net_kernel`, "dynamic node name"
 */
export class DynamicNames {
  readonly #parts: DynamicNamesParts
  /** By name: the creation of the peer that bears it. */
  readonly #borne = new Map<string, number>()
  /** By host: names that nobody bears, with the creation that they had last. */
  readonly #free = new Map<string, AssignedName[]>()
  #kept = 0

  constructor(parts: DynamicNamesParts) {
    this.#parts = parts
  }

  /** A name on a host for a peer that has proved nothing yet; undefined when we hand out none. */
  assign(host: string): AssignedName | undefined {
    const { world, enabled, taken, allow } = this.#parts
    if (!enabled) return undefined
    const free = this.#take(host)
    // Should the peer not prove itself, its name is forgotten: a made one costs nothing.
    const { name, creation } = free ?? { name: `${madeUp(world.random)}@${host}`, creation: newCreation(world) }
    if (taken(name)) return this.assign(host)
    if (!allow(name)) return undefined
    return { name, creation: free === undefined ? creation : following(creation) }
  }

  /** A peer has come in; when it bears a name that we gave, we remember that. */
  admitted({ direction, peer }: Established): void {
    if (direction === 'incoming' && (peer.flags & DFLAG_NAME_ME) !== 0n) this.#borne.set(peer.name, peer.creation)
  }

  /** The peer of this name has left; names that were not ours to give are none of our business. */
  release(name: string): void {
    const creation = this.#borne.get(name)
    if (creation === undefined) return
    this.#borne.delete(name)
    if (this.#kept === MAX_KEPT) return
    const host = name.slice(name.indexOf('@') + 1)
    const free = this.#free.get(host) ?? []
    this.#free.set(host, free)
    free.push({ name, creation })
    this.#kept++
  }

  #take(host: string): AssignedName | undefined {
    const free = this.#free.get(host)
    const kept = free?.shift()
    if (kept === undefined) return undefined
    this.#kept--
    if (free?.length === 0) this.#free.delete(host)
    return kept
  }
}

function madeUp(random: Random): string {
  return Array.from({ length: LENGTH }, () => LETTERS[secretInteger(random, 0, LETTERS.length)]).join('')
}

function following(creation: number): number {
  return creation === HIGHEST_CREATION ? LOWEST_CREATION : creation + 1
}
