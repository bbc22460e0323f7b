import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type DemoNode, type DemoNodeEvents, START_TIMEOUT_MS } from './demo-node.ts'
import type { FromMember, MemberSettings, ToMember } from './message.ts'

/** A JavaScript member of the demo: a Node.js process of its own that runs `start()` of this package. */
export class MemberNode implements DemoNode {
  readonly name: string
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  readonly #listener: DemoNodeEvents
  readonly #waiting = new Set<{ take: (message: FromMember) => boolean; reject: (reason: Error) => void }>()
  #links = new Set<string>()
  #port = 0
  #lastWords = ''

  private constructor(name: string, child: ChildProcess, listener: DemoNodeEvents) {
    this.name = name
    this.#child = child
    this.#listener = listener
    this.#exited = once(child, 'exit')
    child.on('message', (message) => this.#read(message as FromMember))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords += text
    })
    child.once('exit', (code, signal) =>
      this.#end(`it ended with ${signal ?? `code ${code}`} ${this.#lastWords}`.trim()),
    )
  }

  static async start(settings: MemberSettings, cookie: string, listener: DemoNodeEvents): Promise<MemberNode> {
    const child = fork(memberProgram(), [JSON.stringify(settings)], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // Ctrl-C in a terminal goes to the whole process group; the demo itself decides when its nodes leave.
      detached: true,
      execArgv: [],
      env: { ...process.env, RELEASE_COOKIE: cookie },
    })
    const node = new MemberNode(settings.name, child, listener)
    const patience = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS)
    const { port } = await node.#next('up').finally(() => clearTimeout(patience))
    node.#port = port
    return node
  }

  get port(): number {
    return this.#port
  }

  get links(): ReadonlySet<string> {
    return this.#links
  }

  async echo(peer: string, text: string): Promise<{ text: string; microseconds: number }> {
    this.#tell({ type: 'echo', to: peer, text })
    return this.#next('echoed')
  }

  async leave(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#tell({ type: 'leave' })
    const patience = setTimeout(() => this.#child.kill('SIGKILL'), 4_000)
    await this.#exited
    clearTimeout(patience)
  }

  #tell(message: ToMember): void {
    if (this.#child.connected) this.#child.send(message)
  }

  #next<Type extends FromMember['type']>(type: Type): Promise<Extract<FromMember, { type: Type }>> {
    return new Promise((resolve, reject) => {
      const waiting = {
        take: (message: FromMember) => {
          if (message.type !== type) return false
          this.#waiting.delete(waiting)
          resolve(message as Extract<FromMember, { type: Type }>)
          return true
        },
        reject,
      }
      this.#waiting.add(waiting)
    })
  }

  #read(message: FromMember): void {
    switch (message.type) {
      case 'failed':
        this.#end(message.reason)
        break
      case 'link':
        this.#links = new Set(message.links)
        this.#listener.link(message)
        break
      case 'polled':
        this.#listener.polled(message)
        break
      case 'problem':
        this.#listener.problem(message)
        break
      default:
        for (const waiting of this.#waiting) if (waiting.take(message)) break
    }
  }

  #end(why: string): void {
    for (const { reject } of this.#waiting) reject(new Error(`${this.name}: ${why}`))
    this.#waiting.clear()
    this.#listener.ended(why)
  }
}

/** The member's program stands beside this one, in the build as in the sources. */
function memberProgram(): string {
  const built = fileURLToPath(new URL('./demo-member.js', import.meta.url))
  if (!existsSync(built)) throw new Error(`${built} is missing: build the package first`)
  return built
}
