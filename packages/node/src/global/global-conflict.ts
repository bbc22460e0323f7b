import { Atom, atom, ExternalFun, Fun, inspect, Pid, type Term, tuple } from '@dynsrv/etf'
import type { Clock } from '@dynsrv/kit'
import { RemoteError } from '../error.ts'
import type { GlobalOperation, NameEntry } from './global-operation.ts'

const CONFLICT = atom('global_name_conflict')
const NONE = atom('none')
/** Conflicts that are settled in one turn of the event loop: each may end a process on a node that is dialled for it. */
const AT_ONCE = 64

export interface GlobalConflictParts {
  readonly self: string
  readonly clock: Clock
  readonly send: (to: Pid, message: Term) => void
  readonly kill: (pid: Pid) => void
  /** Calls a function of another node. */
  readonly erpc: (node: string, module: string, name: string, args: readonly Term[]) => Promise<Term>
}

/** What to do where two parts of a cluster gave one name to different processes. */
export class GlobalConflict {
  readonly #parts: GlobalConflictParts

  constructor(parts: GlobalConflictParts) {
    this.#parts = parts
  }

  /**
   * Compares the names of another part with ours.
   *
   * @param node who sent them: of two nodes the one with the smaller name settles the conflicts of both
   * @param isOfOurs whether a node is in our part
   * @returns what to do in our part, and what in the other
   * @see OTP `global`, `exchange_names`
   */
  async compare(
    node: string,
    theirs: readonly NameEntry[],
    ours: (name: Term) => NameEntry | undefined,
    isOfOurs: (node: string) => boolean,
  ): Promise<{ here: GlobalOperation[]; there: GlobalOperation[] }> {
    const here: GlobalOperation[] = []
    const there: GlobalOperation[] = []
    const { clock, self } = this.#parts
    let settled = 0
    for (const entry of theirs) {
      const own = ours(entry.name)
      if (own === undefined) here.push({ type: 'insert', ...entry })
      else if (own.pid.equals(entry.pid)) {
        // Our part has it from links that one side had dropped already: some of us have lost it with them meanwhile.
        if (!isOfOurs(entry.pid.node.name)) here.push({ type: 'insert', ...entry })
      } else if (self < node) {
        if (++settled % AT_ONCE === 0) await new Promise<void>((resolve) => void clock.setImmediate(resolve))
        const winner = await this.#winner(entry, own)
        if (winner === entry) here.push({ type: 'insert', ...entry })
        else if (winner === own) there.push({ type: 'insert', ...own })
        else for (const side of [here, there]) side.push({ type: 'delete', name: entry.name })
      }
    }
    return { here, there }
  }

  /**
   * Settles one conflict with a method of OTP's `global`; for `global:resolve_it/4`, which other nodes call here.
   *
   * @throws {RemoteError} `undef` for a method that is no function of ours
   */
  resolve(method: Term, name: Term, first: Term, second: Term): Term {
    if (!(first instanceof Pid && second instanceof Pid)) throw new RemoteError('error', atom('badarg'))
    const [min, max] = first.node.name < second.node.name ? [first, second] : [second, first]
    switch (methodName(method)) {
      case 'random_exit_name':
        this.#parts.kill(max)
        return min
      case 'random_notify_name':
        this.#parts.send(max, tuple(CONFLICT, name))
        return min
      case 'notify_all_name':
        this.#parts.send(first, tuple(CONFLICT, name, second))
        this.#parts.send(second, tuple(CONFLICT, name, first))
        return NONE
      default:
        throw new RemoteError('error', tuple(atom('undef'), inspect(method)))
    }
  }

  /** Asked where our process lives, since the method may be a function of its program. */
  async #winner(entry: NameEntry, own: NameEntry): Promise<NameEntry | undefined> {
    const args = [own.method, entry.name, entry.pid, own.pid] as const
    const node = own.pid.node.name
    try {
      const answer =
        node === this.#parts.self ? this.resolve(...args) : await this.#parts.erpc(node, 'global', 'resolve_it', args)
      return [entry, own].find(({ pid }) => pid.equals(answer))
    } catch {
      // As in OTP: where the function cannot be called, the other part's process has the name.
      return entry
    }
  }
}

/** Which function of `global` a method is: `fun global:F/3`, or the local form that `register_name/2` sends. */
function methodName(method: Term): string | undefined {
  if (method instanceof ExternalFun && method.module === atom('global')) return method.function.name
  return method instanceof Fun && method.module instanceof Atom && method.module.name === 'global'
    ? 'random_exit_name'
    : undefined
}
