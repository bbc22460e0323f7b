import type { Pid, Term } from '@dynsrv/etf'
import type { GenFrom } from '../call/gen-message.ts'
import type { Behaviour, LocalProcess } from '../process/local-process.ts'
import type { Registry } from '../process/registry.ts'
import type { SignalRouter } from '../process/signal-router.ts'
import type { ExposedFunctions } from './exposed-functions.ts'
import { groupLeader, type Output } from './group-leader.ts'
import { netKernel } from './net-kernel.ts'
import { rex } from './rex.ts'

export interface SystemParts {
  readonly self: string
  readonly registry: Registry
  readonly router: SignalRouter
  readonly exposed: ExposedFunctions
  readonly reply: (own: Pid, from: GenFrom, reply: Term) => void
  readonly output: Output
}

/** What other nodes ask for by name; it stays to the end of a node. */
export const SYSTEM_NAMES: ReadonlySet<string> = new Set(['global_name_server', 'net_kernel', 'rex', 'user'])

/** Starts the processes that OTP expects on every node; gives the pid of the group leader, `user`. */
export function startSystem({ self, registry, router, exposed, reply, output }: SystemParts): Pid {
  const start = (name: string, make: (own: () => Pid) => Behaviour): Pid => {
    const process: LocalProcess = registry.spawn(make(() => process.pid))
    registry.register(name, process)
    return process.pid
  }
  start('net_kernel', (own) => netKernel((from, answer) => reply(own(), from, answer)))
  start('rex', (own) =>
    rex({
      self,
      exposed,
      reply: (from, answer) => reply(own(), from, answer),
      send: (to, message) => void router.send(own(), to, message),
      sendByName: (name, message) => router.send(own(), name, message),
    }),
  )
  return start('user', (own) => groupLeader(output, (to, message) => void router.send(own(), to, message)))
}
