import { Atom, atom, type Pid, type Term, Tuple, tuple } from '@dynsrv/etf'
import type { ServerParts } from '../call/served-process.ts'
import { type SystemHandlers, SystemServer } from '../call/system-server.ts'
import type { Output } from '../node-options.ts'
import type { PeerUses } from '../process/peer-use.ts'
import type { SignalRouter } from '../process/signal-router.ts'
import { ExposedFunctions } from './exposed-functions.ts'
import { type GroupLeaderParts, groupLeader } from './group-leader.ts'
import { rex } from './rex.ts'
import { SpawnRequests } from './spawn-requests.ts'

export interface SystemParts {
  readonly self: string
  readonly servers: ServerParts
  readonly router: SignalRouter
  readonly output: Output
  /** Calls a function of OTP's `io_lib` on another node. */
  readonly ask: GroupLeaderParts['ask']
  readonly maxPrintedBytes: number
  readonly uses: PeerUses
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

/** One of those processes. */
interface Kind {
  /** OTP's module. */
  readonly module: string
  readonly state: () => Term
  readonly exact?: boolean
  readonly forwards?: boolean
  readonly handlers: (own: () => Pid) => SystemHandlers
}

/** Starts the processes that OTP expects on every node. */
export function startSystem({ self, servers, router, output, ask, maxPrintedBytes, uses }: SystemParts): System {
  const { registry, life, schemas, warn } = servers
  const exposed = new ExposedFunctions(warn, schemas)
  const spawns = new SpawnRequests({ registry, life, router, exposed, uses })
  const running = new Map<string, SystemServer>()
  // One that a peer has stopped is started anew, as OTP's supervisor does it.
  const start = (name: string, kind: Kind): void => {
    const { module, state, exact = false, forwards = false, handlers } = kind
    const server: SystemServer = new SystemServer(servers, {
      ...{ module, state, exact, forwards, handlers: handlers(() => server.pid) },
      stopped: () => start(name, kind),
    })
    running.set(name, server)
    registry.register(name, server.process)
  }
  start('net_kernel', { module: 'net_kernel', state: () => tuple(atom('state'), atom(self)), handlers: netKernel })
  start('rex', {
    module: 'rpc',
    // Calls that run are processes of their own in OTP, and are in its state.
    state: () => new Map(),
    forwards: true,
    handlers: (own) =>
      rex({
        self,
        uses,
        exposed,
        send: (to, message) => void router.send(own(), to, message),
        sendByName: (name, message, isVerbatim) =>
          isVerbatim ? router.pass(name, message) : router.send(own(), name, message),
      }),
  })
  start('user', {
    module: 'user',
    state: () => tuple(atom('state'), atom('user')),
    exact: true,
    handlers: (own) => ({
      info: groupLeader({
        ...{ output, ask, maxPrintedBytes, warn, uses },
        send: (to, message) => void router.send(own(), to, message),
      }),
    }),
  })
  return {
    exposed,
    spawns,
    get groupLeader() {
      return running.get('user')!.pid
    },
  }
}

/** What remote tools ask of `net_kernel`: `net_adm:ping/1` whether we know the caller. Everything else is not served. */
function netKernel(): SystemHandlers {
  return {
    call(request, answer) {
      const [asked] = request instanceof Tuple ? request.elements : []
      if (asked instanceof Atom && asked.name === 'is_auth') answer(atom('yes'))
      else answer(tuple(atom('error'), atom('notsup')))
      return true
    },
  }
}
