import { atom } from '@dynsrv/etf'
import type { Clock, Random } from '@dynsrv/kit'
import { Identifiers } from './identifiers.ts'
import { LinksAndMonitors } from './links-and-monitors.ts'
import { Registry } from './registry.ts'
import { SignalRouter, type SignalRouterParts } from './signal-router.ts'

export interface ProcessesParts extends Omit<SignalRouterParts, 'registry' | 'life'> {
  readonly creation: number
  readonly clock: Clock
  readonly random: Random
  /** How many processes may live at once. */
  readonly maxProcesses: number
}

/** The processes of one node, and the ways of signals between them and to those of other nodes. */
export interface Processes {
  readonly ids: Identifiers
  readonly registry: Registry
  readonly life: LinksAndMonitors
  readonly router: SignalRouter
}

/** Makes room for the processes of a node. */
export function makeProcesses({ creation, clock, random, maxProcesses, ...parts }: ProcessesParts): Processes {
  const { self } = parts
  const ids = new Identifiers(atom(self), creation, random)
  const registry = new Registry(ids, maxProcesses)
  const router: SignalRouter = new SignalRouter({ ...parts, registry, life: () => life })
  const life: LinksAndMonitors = new LinksAndMonitors({
    self,
    ids,
    registry,
    clock,
    uses: parts.uses,
    transmit: (node, control, payload) => router.transmit(node, control, payload),
  })
  return { ids, registry, life, router }
}
