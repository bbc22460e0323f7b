import { domainKey, text } from '@dynsrv/kit'
import { parsePortService, portNameRule, portService } from '@dynsrv/srv-resolver'
import { checks } from '../checks.ts'
import { DynsrvError } from '../error.ts'
import { serviceName } from './service-name.ts'
import type { SrvTopology, StartSettings, StrategyFactory } from './start-options.ts'

/** The topologies of a node, by name. */
export type Topologies = ReadonlyMap<string, SrvTopology | StrategyFactory>

/**
 * Brings `service` and `topologies` into one list, with every service name checked; the topology that `service` stands
 * for is called by it.
 *
 * @throws {DynsrvError} `DYNSRV_SERVICE_MISSING`, `DYNSRV_SERVICE_INVALID`, or `DYNSRV_BAD_OPTION` for a name that two
 *   have, and for a resolver of one topology
 */
export function topologiesOf({ own, strategy }: Pick<StartSettings, 'own' | 'strategy'>): Topologies {
  const { service, memberName, topologies = {} } = own
  const all = new Map<string, SrvTopology | StrategyFactory>()
  if (service !== undefined) {
    const name = serviceName(service)
    all.set(strategy.topology ?? name, {
      ...ofOnePort({ ...strategy, service: name }),
      ...(memberName !== undefined && { name: memberName }),
    })
  }
  for (const [name, topology] of Object.entries(topologies)) {
    if (all.has(name)) {
      throw new DynsrvError('DYNSRV_BAD_OPTION', `start: two topologies are called ${JSON.stringify(name)}`, {
        hint: 'Give the one of service another name with the option topology, or leave service out.',
      })
    }
    all.set(name, typeof topology === 'function' ? topology : checkedTopology(name, topology))
  }
  if (all.size > 0) return all
  throw new DynsrvError('DYNSRV_SERVICE_MISSING', 'no service to look for members')
}

function checkedTopology(name: string, topology: SrvTopology): SrvTopology {
  if ('resolver' in topology) {
    throw new DynsrvError('DYNSRV_BAD_OPTION', `start: topologies.${name}.resolver: all topologies ask one resolver`, {
      hint: 'Give it as the option dns of start. For another one, give a function that makes the strategy.',
    })
  }
  checks.argument('start', `topologies.${name}.service`, text, topology.service)
  return ofOnePort({ ...topology, service: serviceName(topology.service) })
}

/** With the name of its port in the name of the service. A strategy says what is wrong with the former. */
function ofOnePort<T extends SrvTopology>(topology: T): T {
  const { portName, service, ...rest } = topology
  return typeof portName === 'string' && portNameRule.check(portName, 'portName') === undefined
    ? ({ ...rest, service: portService(service, portName) } as T)
    : topology
}

/**
 * The name of the port on which the nodes of a host listen, as the services of the topologies say.
 *
 * @see parsePortService
 */
export function portNames(topologies: Topologies): (host: string) => string | undefined {
  const ports = new Map<string, string | undefined>()
  for (const made of topologies.values()) {
    if (typeof made === 'function') continue
    const { host, portName } = parsePortService(made.service)
    ports.set(domainKey(host), portName)
  }
  return (host) => ports.get(domainKey(host))
}
