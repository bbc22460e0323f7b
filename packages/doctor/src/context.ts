/** What TLS needs, as PEM. */
export interface TlsFiles {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

/** What the doctor is told, after the command line and the environment were read. */
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
  /** How long one step may take, in milliseconds. */
  readonly timeoutMs: number
  /** Time between two polls of the node, in milliseconds. */
  readonly intervalMs: number
  /** Whether a fingerprint of our cookie may be shown. */
  readonly fingerprint: boolean
  /** Whether the cluster distributes over TLS, and with what. */
  readonly tls?: TlsFiles
  /** Whether to listen for gossip, and its secret. */
  readonly gossip?: { readonly secret?: string }
  /** A Docker Compose file to read. */
  readonly compose?: string
  /** What is wrong with the configuration file. */
  readonly configFaults?: readonly unknown[]
  readonly env: NodeJS.ProcessEnv
  readonly resolvConf: string
  /** What `resolv.conf` said when the doctor began to watch. */
  readonly firstResolvConf?: string
  /** How the members were found in the rounds before, the oldest first. */
  readonly rounds?: readonly ReadonlyMap<string, MemberState>[]
}

/** How a member was found: named by a record, and whether it answered when it was knocked at; we do not knock at ourselves. */
export type MemberState = 'listed' | 'answers' | 'silent'

/** What all checks share: the options, and each fact looked up once. */
export class DoctorContext implements AsyncDisposable {
  readonly options: DoctorOptions
  readonly #facts = new Map<unknown, Promise<unknown>>()
  readonly #closers: (() => Promise<void> | void)[] = []

  constructor(options: DoctorOptions) {
    this.options = options
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
    return AbortSignal.timeout(this.options.timeoutMs)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close()
  }
}
