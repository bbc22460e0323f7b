import { type Random, realWorld, secretInteger } from '@dynsrv/kit'

/** The creations 0 to 3 belong to nodes of OTP 22 and earlier. */
export const LOWEST_CREATION = 4
/** A creation has 32 bits; all are below this. */
export const END_OF_CREATIONS = 2 ** 32

/**
 * Makes a new creation, the number that distinguishes this incarnation of a node from its earlier ones.
 *
 * @param random where it comes from; default: the machine
 * @returns a random integer from 4 to 2³² − 1. Two starts in a row that gave the same number would let old process
 *   identifiers reach the new node, hence the whole range and not the three values of early releases.
 * @see `erl_dist_protocol`, "EPMD protocol", `ALIVE2_X_RESP`
 */
export function newCreation(random: Random = realWorld.random): number {
  return secretInteger(random, LOWEST_CREATION, END_OF_CREATIONS)
}
