import { having, type Rule, wrong } from '../rule.ts'
import type { Clock } from './clock.ts'
import type { Files } from './files.ts'
import type { Network } from './network.ts'
import type { Programs } from './programs.ts'
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
  /** Other programs; left out, there are none. */
  readonly programs?: Programs
}

/** What each part can be asked. */
const METHODS: { readonly [Part in keyof Required<World>]: readonly (keyof Required<World>[Part] & string)[] } = {
  clock: ['now', 'monotonic', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate'],
  random: ['number', 'bytes'],
  network: [
    'connect',
    'createServer',
    'connectTls',
    'createTlsServer',
    'createUdpSocket',
    'lookup',
    'createResolver',
    'interfaces',
  ],
  files: ['read', 'facts', 'linkFacts', 'watch'],
  system: ['folder', 'homeFolder', 'hostName', 'print', 'warn'],
  programs: ['run'],
}

/** Parts that a world may lack. */
const OPTIONAL: ReadonlySet<string> = new Set<keyof World>(['programs'])

const what = `an object with ${Object.keys(METHODS)
  .filter((part) => !OPTIONAL.has(part))
  .join(', ')}`

/** Made once: the world is checked with every question to a source, and the words of a rule cost more than its check. */
const PARTS = Object.entries(METHODS).map(([part, methods]) => ({ part, rule: having(...methods) }))

/** How a world is checked where it is an option: each part with all that it can be asked. */
export const worldShape: Rule = {
  what,
  check: (value, at) => {
    if (typeof value !== 'object' || value === null) return wrong(at, what, value)
    for (const { part, rule } of PARTS) {
      const given: unknown = Reflect.get(value, part)
      if (given === undefined && OPTIONAL.has(part)) continue
      const fault = rule.check(given, `${at}.${part}`)
      if (fault !== undefined) return fault
    }
    return undefined
  },
}
