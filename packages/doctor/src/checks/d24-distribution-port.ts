import type { Attempt } from '../attempt.ts'
import { check, NotApplicable } from '../check.ts'
import { type Finding, finding, findingOf } from '../finding.ts'
import { ownName, ownPort } from '../probes/own.ts'

/** What is known of the port before anything listens. */
export interface PortFacts {
  readonly port: Attempt<number> | undefined
  /** Whether a member is to run here. */
  readonly named: boolean
}

/** D24, the part that needs no peer: ERL_DIST_PORT. */
export function judgePort({ port, named }: PortFacts): Finding[] {
  if (port === undefined) {
    if (!named) return []
    return [finding('error', 'EPMD_DIST_PORT_MISSING', 'ERL_DIST_PORT is not set, and no --port is given')]
  }
  return port.ok ? [] : [findingOf(port.error, 'error')]
}

export const D24 = check({
  id: 'D24',
  group: 'environment',
  place: 2,
  title: 'the distribution port',
  look: async (context) => {
    const { name, env } = context.options
    const named = (name ?? env.RELEASE_NODE ?? '') !== ''
    const port = await context.get(ownPort)
    if (!named && port === undefined) throw new NotApplicable('no node is to run here')
    return { port, named: named && (await context.get(ownName)).parsed.ok }
  },
  judge: judgePort,
})
