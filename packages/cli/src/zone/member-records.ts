import { isIP } from 'node:net'
import { DynsrvError, parsePort, serviceName } from '@dynsrv/cluster'
import { parseNodeName } from '@dynsrv/epmd-shim'
import type { ZoneRecord } from '@dynsrv/srv-resolver'

/**
 * The records that make a member findable: `api-1@my-service.test:4370` or `api-1@my-service.test:4370=10.0.0.5`.
 *
 * @returns an SRV record of the service and an A or AAAA record of its target
 * @throws {DynsrvError} `DYNSRV_BAD_OPTION`, or what is wrong with the name, service or port
 */
export function memberRecords(text: string): ZoneRecord[] {
  const [, nodeName, port, ip = '127.0.0.1'] = /^([^:=]+):([^=]+)(?:=(.+))?$/.exec(text) ?? []
  if (nodeName === undefined || port === undefined || isIP(ip) === 0) {
    throw new DynsrvError('DYNSRV_BAD_OPTION', `${JSON.stringify(text)} is not a member`, {
      hint: 'Write it like api-1@my-service.test:4370 or api-1@my-service.test:4370=10.0.0.5.',
    })
  }
  const { alive, host } = parseNodeName(nodeName)
  const service = serviceName(host)
  const target = `${alive}.${service}`
  return [
    { type: 'SRV', name: service, target, port: parsePort(port, `the port of ${nodeName}`, 1), ttlSeconds: 0 },
    { type: isIP(ip) === 4 ? 'A' : 'AAAA', name: target, address: ip, ttlSeconds: 0 },
  ]
}
