import { Atom, type MakeCall, type Sendable, Tuple } from '@dynsrv/etf'
import { abortSignal, duration, filledText, isCoded } from '@dynsrv/kit'
import type { CallOptions, Node, RemoteError } from '@dynsrv/node'
import { checks } from './checks.ts'
import { DynsrvError } from './error.ts'

/** What `cluster.module` takes: the options of each call, and whom to call. */
export interface ModuleOptions extends CallOptions {
  /** The node that has the module; default: any member that does. */
  readonly node?: string
}

/** Checks what `cluster.module` takes. */
export const checkModule = checks.options<ModuleOptions>('module', {
  node: filledText,
  timeoutMs: duration(),
  signal: abortSignal,
})

/** Whom a call can go to. */
interface Members {
  readonly node: Pick<Node, 'erpc'>
  members(): readonly string[]
}

/** Makes the calls of a module: to the node that is named, or to a member that has it. */
export function memberCall(cluster: Members, module: () => string, { node, ...options }: ModuleOptions): MakeCall {
  const call = (member: string, name: string, args: readonly unknown[]) =>
    cluster.node.erpc(member, module(), name, args as readonly Sendable[], options)
  if (node !== undefined) return (name, args) => call(node, name, args)
  let last: string | undefined
  return async (name, args) => {
    const members = cluster.members()
    const known = last !== undefined && members.includes(last) ? last : undefined
    const rest = members.filter((member) => member !== known)
    for (const member of known === undefined ? rest : [known, ...rest]) {
      try {
        const reply = await call(member, name, args)
        last = member
        return reply
      } catch (error) {
        if (!isUnknownThere(error, module(), name, args.length)) throw error
      }
    }
    const who = members.length === 0 ? 'no member is connected' : `none of ${members.join(', ')} has it`
    throw new DynsrvError('DYNSRV_NO_MODULE', `${module()}:${name}/${args.length} cannot be called: ${who}`)
  }
}

/** Whether a node says that it does not have this very function, and not one that it calls. */
function isUnknownThere(error: unknown, module: string, name: string, arity: number): boolean {
  if (!isCoded(error) || error.code !== 'NODE_REMOTE_ERROR') return false
  const { reason, stacktrace } = error as unknown as RemoteError
  const [first] = Array.isArray(stacktrace) ? (stacktrace as unknown[]) : []
  if (!(reason instanceof Atom) || reason.name !== 'undef' || !(first instanceof Tuple)) return false
  const [inModule, fun, args] = first.elements
  const count = Array.isArray(args) ? args.length : args
  return String(inModule) === module && String(fun) === name && count === arity
}
