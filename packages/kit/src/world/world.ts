import { type Rule, rule } from '../rule.ts'
import type { Clock } from './clock.ts'
import type { Files } from './files.ts'
import type { Network } from './network.ts'
import type { Random } from './random.ts'
import type { System } from './system.ts'

/**
 * Everything that a part of the product takes from outside the program: time, chance, sockets, files, and what the
 * process was started with. Left out, it is the real one; a simulator puts another one in its place.
 */
export interface World {
  readonly clock: Clock
  readonly random: Random
  readonly network: Network
  readonly files: Files
  readonly system: System
}

const PARTS = ['clock', 'random', 'network', 'files', 'system'] as const

/** How a world is checked where it is an option. */
export const worldShape: Rule = rule(`an object with ${PARTS.join(', ')}`, (value) => {
  const isObject = (one: unknown) => typeof one === 'object' && one !== null
  return isObject(value) && PARTS.every((part) => isObject((value as World)[part]))
})
