import type { Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Network } from '@dynsrv/kit'
import { type DnsClient, dnsClient } from '@dynsrv/srv-resolver'
import { SimulationError } from '../error.ts'
import type { Process } from '../machine.ts'
import type { Fabric } from './fabric.ts'
import { SimResolver } from './sim-resolver.ts'
import { SimServer } from './sim-server.ts'
import { SimUdpSocket } from './sim-udp-socket.ts'
import { tcpConnect } from './tcp-connect.ts'

/** The network as a process has it. */
export function processNetwork(process: Process, fabric: Fabric): Network {
  const { host } = process
  let made: DnsClient | undefined
  const client = (): DnsClient => {
    made ??= dnsClient({ world: process.world })
    return made
  }
  const lookup: Network['lookup'] = async (name, { family } = {}) => {
    if (isIP(name) !== 0) return [{ address: name, family: isIP(name) }]
    if (name === 'localhost') return [{ address: '127.0.0.1', family: 4 }]
    if (name === host.name) return [{ address: host.ip, family: 4 }]
    const failed = (code: string, cause?: unknown): Error =>
      Object.assign(new Error(`getaddrinfo ${code} ${name}`, { cause }), {
        code,
        syscall: 'getaddrinfo',
        hostname: name,
      })
    const wanted = family === 4 || family === 'IPv4' ? 4 : family === 6 || family === 'IPv6' ? 6 : undefined
    const answer = await client()
      .resolveAddresses(name, wanted === undefined ? {} : { family: wanted })
      .catch((cause: unknown) => {
        throw failed('EAI_AGAIN', cause)
      })
    if (answer.records.length === 0) throw failed('ENOTFOUND')
    return answer.records.map(({ address, family: of }) => ({ address, family: of }))
  }
  return {
    connect: (options) => tcpConnect(process, fabric, (name) => lookup(name, { family: 4 }), options) as never,
    createServer: (options, onConnection) => new SimServer(process, options, onConnection as never) as never,
    connectTls: () => {
      throw noTls()
    },
    createTlsServer: () => {
      throw noTls()
    },
    createUdpSocket: () => new SimUdpSocket(process, fabric) as never,
    lookup,
    createResolver: (options) => new SimResolver(process.world, options) as unknown as Resolver,
    interfaces: () => ({
      lo: [
        {
          address: '127.0.0.1',
          netmask: '255.0.0.0',
          family: 'IPv4',
          mac: NO_MAC,
          internal: true,
          cidr: '127.0.0.1/8',
        },
      ],
      eth0: [
        { address: host.ip, netmask: '255.0.0.0', family: 'IPv4', mac: NO_MAC, internal: false, cidr: `${host.ip}/8` },
      ],
    }),
  }
}

const NO_MAC = '00:00:00:00:00:00'

function noTls(): SimulationError {
  return new SimulationError('SIM_NOT_MODELLED', 'the simulator has no TLS')
}
