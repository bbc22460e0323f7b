import {
  anything,
  duration,
  filledText,
  flag,
  listOf,
  optionsOf,
  type Rules,
  rule,
  secret,
  text,
  timeLimit,
  variables,
  type World,
  worldShape,
} from '@dynsrv/kit'
import { checks } from './argument-checks.ts'
import type { Incarnation } from './incarnations.ts'
import { doctorWorld } from './world.ts'

/** What TLS needs, as PEM. */
export interface TlsFiles {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

/** What the doctor examines, and with what. */
export interface DoctorOptions {
  /** Our own name as it was given; not checked yet. */
  readonly name?: string
  /** DNS names that hold the SRV records. */
  readonly services: readonly string[]
  /** DNS servers as `host:port`; those of `resolv.conf` when empty. */
  readonly dns: readonly string[]
  /** Peers to look at in place of all members. */
  readonly peers: readonly string[]
  readonly cookieFile?: string
  /** The distribution port as `--port` gave it, not checked yet. */
  readonly port?: string
  /** How long one step may take. Unit: milliseconds. */
  readonly timeoutMs: number
  /** Time between two polls of the node. Unit: milliseconds. */
  readonly intervalMs: number
  /** Whether a fingerprint of our cookie may be shown. */
  readonly fingerprint: boolean
  /** What TLS needs, if the cluster uses TLS for its links. */
  readonly tls?: TlsFiles
  /** Listens for gossip; the secret is that of the nodes. */
  readonly gossip?: { readonly secret?: string }
  /** Docker Compose files to read; later ones override the ones before. `-` is `composeInput`. */
  readonly compose?: readonly string[]
  /** The text of the Compose file `-`. */
  readonly composeInput?: string
  /** What is wrong with the configuration file. */
  readonly configFaults?: readonly unknown[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly resolvConf: string
  /** What `resolv.conf` said when the doctor began to watch. */
  readonly firstResolvConf?: string
  /** How the members were found in the rounds before, the oldest first. */
  readonly rounds?: readonly ReadonlyMap<string, MemberState>[]
  /** What the round before found of each peer's life, to notice a restart; empty in the first of several rounds. */
  readonly incarnations?: ReadonlyMap<string, Incarnation>
  /** The clock, chance, sockets, files and programs to examine with; default: the real ones. For simulators and tests. */
  readonly world?: World
}

/** How a member was found: named by a record, and whether it answered a knock; we do not knock at ourselves. */
export type MemberState = 'listed' | 'answers' | 'silent'

export const TLS_FILES: Rules<TlsFiles> = { ca: text, cert: text, key: secret(text) }

const map = rule('a Map', (value) => value instanceof Map)

const RULES: Rules<DoctorOptions> = {
  name: text,
  services: listOf(filledText),
  dns: listOf(filledText),
  peers: listOf(filledText),
  cookieFile: filledText,
  port: text,
  timeoutMs: duration({ min: 1, max: 2 ** 31 - 1 }),
  intervalMs: duration({ min: 1 }),
  fingerprint: flag,
  tls: optionsOf(TLS_FILES),
  gossip: optionsOf<NonNullable<DoctorOptions['gossip']>>({ secret: secret(filledText) }),
  compose: listOf(filledText),
  composeInput: text,
  configFaults: listOf(anything),
  env: variables,
  resolvConf: filledText,
  firstResolvConf: text,
  rounds: listOf(map),
  incarnations: map,
  world: worldShape,
}

/** Checks the options of an examination, of which all may be left out. */
export const checkOptions = (owner: string): ((options: unknown) => void) =>
  checks.options<Partial<DoctorOptions>>(owner, RULES)

/** What all checks share: the options, the world, and each fact looked up once. */
export class DoctorContext implements AsyncDisposable {
  readonly options: DoctorOptions
  readonly world: World
  readonly #facts = new Map<unknown, Promise<unknown>>()
  readonly #closers: (() => Promise<void> | void)[] = []

  constructor(options: DoctorOptions) {
    this.options = options
    this.world = options.world ?? doctorWorld
  }

  /** The fact that a probe finds; found once. */
  get<Fact>(probe: (context: DoctorContext) => Promise<Fact>): Promise<Fact> {
    const known = this.#facts.get(probe) as Promise<Fact> | undefined
    if (known !== undefined) return known
    const fact = probe(this)
    this.#facts.set(probe, fact)
    return fact
  }

  /** Runs when the examination is over, the latest first. */
  defer(close: () => Promise<void> | void): void {
    this.#closers.push(close)
  }

  /** A signal that ends one step in time. */
  step(): AbortSignal {
    return timeLimit(this.world.clock, this.options.timeoutMs)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close()
  }
}
