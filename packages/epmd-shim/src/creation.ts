import { realWorld, secretInteger, type World, worldShape } from '@dynsrv/kit'
import { checks } from './checks.ts'

/** The creations 0 to 3 belong to nodes of OTP 22 and earlier. */
export const LOWEST_CREATION = 4
/** A creation has 32 bits; all are below this. */
export const END_OF_CREATIONS = 2 ** 32

/**
 * Makes a new creation, the number that distinguishes this incarnation of a node from its earlier ones.
 *
 * @param world where chance comes from; default: the machine
 * @returns a random integer from 4 to 2³² − 1. Two starts in a row that gave the same number would let old process
 *   identifiers reach the new node. So all numbers are used, not only the three of early releases.
 * @throws {EpmdError} `EPMD_BAD_OPTION`
 * @see `erl_dist_protocol`, "EPMD protocol", `ALIVE2_X_RESP`
 */
export function newCreation(world: World = realWorld): number {
  checks.argument('newCreation', 'world', worldShape, world)
  return secretInteger(world.random, LOWEST_CREATION, END_OF_CREATIONS)
}
