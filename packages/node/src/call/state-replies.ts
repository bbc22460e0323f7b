import { atom, type Term, t, tuple } from '@dynsrv/etf'
import type { Connection } from '../link/connection.ts'

const VERSION = t.tuple(t.atom('ok'), t.charlist())

/** Whether this is a stdlib of OTP 26.1 or later. */
function isTagged(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 5 || (major === 5 && minor >= 1)
}

export interface StateRepliesParts {
  readonly connection: (node: string) => Connection | undefined
  /** Calls a function of a peer. */
  readonly ask: (node: string, module: string, name: string, args: readonly Term[]) => Promise<Term>
}

/**
 * What `sys:get_state` and `sys:replace_state` of a peer take as the answer: `{ok, State}` since OTP 26.1, before that the
 * bare state. Nothing that is sent tells which, so that a peer is asked for the version of its stdlib, once per link.
 */
export class StateReplies {
  readonly #parts: StateRepliesParts
  readonly #tagged = new WeakMap<Connection, Promise<boolean>>()

  constructor(parts: StateRepliesParts) {
    this.#parts = parts
  }

  /**
   * Puts a state into the form that this node takes, and hands it to `reply`. The state itself goes through no promise: it
   * may be something that looks like one.
   */
  async answer(node: string, state: Term, reply: (formed: Term) => void): Promise<void> {
    reply((await this.#takesTag(node)) ? tuple(atom('ok'), state) : state)
  }

  #takesTag(node: string): Promise<boolean> | true {
    const connection = this.#parts.connection(node)
    if (connection === undefined) return true
    let tagged = this.#tagged.get(connection)
    if (tagged === undefined) {
      tagged = this.#askVersion(node)
      this.#tagged.set(connection, tagged)
    }
    return tagged
  }

  async #askVersion(node: string): Promise<boolean> {
    try {
      const answer = await this.#parts.ask(node, 'application', 'get_key', [atom('stdlib'), atom('vsn')])
      return isTagged(VERSION.parse(answer)[1])
    } catch {
      // Who does not tell is no stock node of an old release; the new form is also the one that no `sys` crashes on.
      return true
    }
  }
}
