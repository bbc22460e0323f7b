import type { ZoneServer } from '@dynsrv/srv-resolver'

/** Puts a member on loopback into the zone. */
export function publish(zone: ZoneServer, service: string, label: string, port: number): void {
  zone.add({ type: 'SRV', name: service, target: `${label}.${service}`, port, ttlSeconds: 0 })
  zone.add({ type: 'A', name: `${label}.${service}`, address: '127.0.0.1', ttlSeconds: 0 })
}
