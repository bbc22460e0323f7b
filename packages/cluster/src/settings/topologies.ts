import { DynsrvError } from '../error.ts'
import { serviceName } from './service-name.ts'
import type { SrvTopology, StartOptions, StrategyFactory } from './start-options.ts'

/**
 * Brings `service` and `topologies` into one list, with every service name checked; the topology that `service` stands
 * for is called by it.
 *
 * @throws {DynsrvError} `DYNSRV_SERVICE_MISSING` or `DYNSRV_SERVICE_INVALID`
 */
export function topologiesOf(
  options: Pick<StartOptions, 'service' | 'topologies' | 'pollingInterval'>,
): [name: string, topology: SrvTopology | StrategyFactory][] {
  const { service, topologies = {}, pollingInterval } = options
  const given = Object.entries(topologies)
  if (service !== undefined) {
    given.unshift([serviceName(service), { service, ...(pollingInterval !== undefined && { pollingInterval }) }])
  }
  if (given.length === 0) {
    throw new DynsrvError('DYNSRV_SERVICE_MISSING', 'no service to look for members', {
      hint: 'Give the DNS name that holds the SRV records, such as my-service.service.consul, as the service.',
    })
  }
  return given.map(([name, topology]) =>
    typeof topology === 'function' ? [name, topology] : [name, { ...topology, service: serviceName(topology.service) }],
  )
}
