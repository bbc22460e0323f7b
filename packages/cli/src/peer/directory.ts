import { DynsrvError, dnsServer, parsePort } from '@dynsrv/cluster'
import { hostOf, isShort } from '@dynsrv/doctor'
import {
  DynamicSrv,
  type DynamicSrvOptions,
  type EpmdModule,
  ErlEpmd,
  parseNodeName,
  Static,
  systemHostLookup,
} from '@dynsrv/epmd-shim'
import { dnsClient, type SrvResolver } from '@dynsrv/srv-resolver'
import { durationMs } from '../options/duration.ts'
import type { PeerOptions } from './peer-options.ts'

/** Where peers are looked up. */
export interface Directory extends Disposable {
  readonly epmd: EpmdModule
  readonly kind: 'srv' | 'epmd' | 'at'
  /** For a person: `SRV records, 127.0.0.1:8600`. */
  readonly label: string
  /** Where DNS answers; only of kind `srv`. */
  readonly resolver?: SrvResolver
  /** The same lookup over another resolver; only of kind `srv`. */
  over?(resolver: DynamicSrvOptions['resolver']): EpmdModule
}

/** A node name from the command line; one whose host has no dot is taken for a short name. */
export function peerName(text: string): { name: string; alive: string; host: string; short: boolean } {
  const short = text.includes('@') && isShort(hostOf(text))
  return { ...parseNodeName(text, { short }), short }
}

/** What says where peers are looked up. */
export interface DirectoryOptions extends Pick<PeerOptions, 'at' | 'epmd' | 'dns' | 'timeout'> {
  /** The name of the port; a function says it for each host. */
  readonly portName?: DynamicSrvOptions['portName']
}

/**
 * Chooses how names become addresses: `--at`, `--epmd`, else SRV records.
 *
 * @param peer the node that `--at` is the address of
 * @throws {DynsrvError} `DYNSRV_BAD_OPTION` for two ways at once
 */
export async function openDirectory(
  { at, epmd, dns = [], portName, timeout }: DirectoryOptions,
  peer?: string,
): Promise<Directory> {
  const ways = [at !== undefined && '--at', epmd !== undefined && '--epmd', dns.length > 0 && '--dns'].filter(Boolean)
  if (ways.length > 1) {
    throw new DynsrvError('DYNSRV_BAD_OPTION', `${ways.join(' and ')} are two ways to find a node`, {
      hint: 'Give one of them.',
    })
  }
  const timeoutMs = durationMs(timeout)
  if (at !== undefined && peer !== undefined) {
    return { epmd: await fixed(at, peer), kind: 'at', label: '--at', [Symbol.dispose]: () => undefined }
  }
  if (epmd !== undefined) {
    const module = new ErlEpmd({ timeoutMs: Math.max(1, Math.floor(timeoutMs * EPMD_SHARE)) })
    return { epmd: module, kind: 'epmd', label: 'epmd', [Symbol.dispose]: () => module.close() }
  }
  const servers = dns.map(dnsServer)
  const dynamicSrv = (asked: DynamicSrvOptions['resolver']) =>
    new DynamicSrv({ resolver: asked, listenPort: 0, retries: 0, ...(portName !== undefined && { portName }) })
  const resolver = dnsClient(servers.length === 0 ? {} : { servers, timeoutMs: tryMs(timeoutMs) })
  return {
    epmd: dynamicSrv(resolver),
    over: dynamicSrv,
    kind: 'srv',
    label: `SRV records, ${servers.join(', ') || '/etc/resolv.conf'}`,
    resolver,
    [Symbol.dispose]: () => resolver.close?.(),
  }
}

const MAX_TRY_MS = 2_000
const TRY_SHARE = 0.4
/** So that the error names epmd, which was silent, and not our own time limit. */
const EPMD_SHARE = 0.9

/** One lost datagram must not take the whole time. Both tries end before it, so that the error names the silent server. */
function tryMs(timeoutMs: number): number {
  return Math.max(1, Math.min(Math.floor(timeoutMs * TRY_SHARE), MAX_TRY_MS))
}

async function fixed(at: string, peer: string): Promise<EpmdModule> {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(.*)$/.exec(at) ?? []
  const host = bracketed ?? plain
  if (host === undefined || port === undefined) {
    throw new DynsrvError('DYNSRV_BAD_OPTION', `--at ${JSON.stringify(at)} is not an address`, {
      hint: 'Write the host and the port of the node, such as 10.0.0.5:4370 or [::1]:4370.',
    })
  }
  const number = parsePort(port, 'the port of --at', 1)
  const addresses = await systemHostLookup(host, 'any')
  const { short } = peerName(peer)
  return new Static({ [peer]: addresses.map(({ ip }) => ({ ip, port: number })) }, { short })
}
