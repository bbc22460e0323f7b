import { realClock } from './clock.ts'
import { realFiles } from './files.ts'
import { realNetwork } from './network.ts'
import { realRandom } from './random.ts'
import { realSystem } from './system.ts'
import type { World } from './world.ts'

/** The machine that we run on. */
export const realWorld: World = {
  clock: realClock,
  random: realRandom,
  network: realNetwork,
  files: realFiles,
  system: realSystem,
}
