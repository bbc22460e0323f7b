import { atom, type Pid, type Term, Tuple, tuple } from '@dynsrv/etf'
import { type GenFrom, readGenMessage } from '../call/gen-message.ts'
import type { Warn } from '../call/outcome.ts'
import type { Output } from '../node-options.ts'
import type { LinksAndMonitors } from '../process/links-and-monitors.ts'
import type { Behaviour, LocalProcess } from '../process/local-process.ts'
import type { Registry } from '../process/registry.ts'
import type { SignalRouter } from '../process/signal-router.ts'
import { ExposedFunctions } from './exposed-functions.ts'
import { groupLeader } from './group-leader.ts'
import { rex } from './rex.ts'
import { SpawnRequests } from './spawn-requests.ts'

export interface SystemParts {
  readonly self: string
  readonly registry: Registry
  readonly life: LinksAndMonitors
  readonly router: SignalRouter
  readonly reply: (own: Pid, from: GenFrom, reply: Term) => void
  readonly warn: Warn
  readonly output: Output
  /** Processes that peers have spawned and that may live at once. */
  readonly maxSpawned: number
}

/** What OTP expects of every node. */
export interface System {
  readonly exposed: ExposedFunctions
  readonly spawns: SpawnRequests
  /** The process that prints what runs elsewhere in our name. */
  readonly groupLeader: Pid
}

/** What other nodes ask for by name; it stays to the end of a node. */
export const SYSTEM_NAMES: ReadonlySet<string> = new Set(['global_name_server', 'net_kernel', 'rex', 'user'])

/** Starts the processes that OTP expects on every node. */
export function startSystem(parts: SystemParts): System {
  const { self, registry, life, router, reply, warn, output, maxSpawned } = parts
  const exposed = new ExposedFunctions(warn)
  const spawns = new SpawnRequests({ registry, life, router, exposed, maxSpawned })
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
  const user = start('user', (own) => groupLeader(output, (to, message) => void router.send(own(), to, message)))
  return { exposed, spawns, groupLeader: user }
}

/** What remote tools ask of `net_kernel`: `net_adm:ping/1` whether we know the caller. Everything else is not served. */
function netKernel(reply: (from: GenFrom, answer: ReturnType<typeof atom> | Tuple) => void): Behaviour {
  return {
    message(message) {
      const read = readGenMessage(message)
      if (read.type !== 'call') return
      const { from, request } = read
      const asked = request instanceof Tuple ? request.elements[0] : undefined
      if (asked === atom('is_auth')) reply(from, atom('yes'))
      else reply(from, tuple(atom('error'), atom('notsup')))
    },
  }
}
