import { clock } from '../world.ts'

/** A moment for programs, now if none is given. @param ms since 1970 */
export function timestamp(ms = clock.now()): string {
  return new Date(ms).toISOString()
}

/** The time of day as a clock on the wall has it, so that a line can be laid beside another node's log. */
export function timeOfDay(): string {
  return new Date(clock.now()).toTimeString().slice(0, TIME_OF_DAY_WIDTH)
}

/** How many characters `timeOfDay` has. */
export const TIME_OF_DAY_WIDTH = 'hh:mm:ss'.length
