import dgram from 'node:dgram'
import type { LookupAddress, LookupOptions, ResolverOptions } from 'node:dns'
import dns from 'node:dns/promises'
import net from 'node:net'
import os from 'node:os'
import tls from 'node:tls'

/** Sockets, and the system's own look-up of host names. Each member is the function of Node's of the same kind. */
export interface Network {
  /** Opens a TCP connection. */
  connect(options: net.TcpNetConnectOpts): net.Socket
  /** A TCP server that does not listen yet. */
  createServer(options: net.ServerOpts, onConnection: (socket: net.Socket) => void): net.Server
  /** Opens a TLS connection, over `options.socket` where one is given. */
  connectTls(options: tls.ConnectionOptions): tls.TLSSocket
  /** A TLS server that does not listen yet. */
  createTlsServer(options: tls.TlsOptions, onSecure: (socket: tls.TLSSocket) => void): tls.Server
  /** A UDP socket that is not bound yet. */
  createUdpSocket(options: dgram.SocketOptions): dgram.Socket
  /** The addresses of a host as the system's `getaddrinfo` has them: its files, its DNS, its search list. */
  lookup(host: string, options: LookupOptions): Promise<LookupAddress[]>
  /** A client of DNS servers, as Node has it. */
  createResolver(options: ResolverOptions): dns.Resolver
  /** The addresses of this machine. */
  interfaces(): ReturnType<typeof os.networkInterfaces>
}

/** The network of the machine. */
export const realNetwork: Network = {
  connect: (options) => net.connect(options),
  createServer: (options, onConnection) => net.createServer(options, onConnection),
  connectTls: (options) => tls.connect(options),
  createTlsServer: (options, onSecure) => tls.createServer(options, onSecure),
  createUdpSocket: (options) => dgram.createSocket(options),
  lookup: (host, options) => dns.lookup(host, { ...options, all: true }),
  createResolver: (options) => new dns.Resolver(options),
  interfaces: () => os.networkInterfaces(),
}
