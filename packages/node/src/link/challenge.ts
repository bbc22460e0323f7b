import { randomInt } from 'node:crypto'

/** A challenge that nobody can foresee; the whole unsigned 32-bit range is legal. */
export function randomChallenge(): number {
  return randomInt(0x1_0000_0000)
}
