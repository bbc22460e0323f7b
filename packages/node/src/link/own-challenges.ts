/** Every copy of this file in a process shares them, as nodes of one process share a cookie. */
const KEY = Symbol.for('dynsrv.ownChallenges')

const open: Set<number> = ((globalThis as { [KEY]?: Set<number> })[KEY] ??= new Set())

/** A challenge of a handshake that is under way; disposing of it says that the handshake is over. */
export interface OwnChallenge extends Disposable {
  readonly value: number
}

/**
 * Makes a challenge that no other handshake of this process has open.
 *
 * @param random a number that nobody can foresee; the whole unsigned 32-bit range is legal
 */
export function openChallenge(random: () => number): OwnChallenge {
  let value = random()
  while (open.has(value)) value = random()
  open.add(value)
  return { value, [Symbol.dispose]: () => void open.delete(value) }
}

/**
 * Whether a handshake of this process has this challenge open, of whichever node and in whichever role.
 *
 * A peer that shows it to us would pass our answer on to that handshake, and get in without the cookie.
 */
export function isOwnChallenge(challenge: number): boolean {
  return open.has(challenge)
}
