import { withoutFinalDot } from '@dynsrv/kit'
import type { AddressRecord, DnsAnswer, SrvAnswer, SrvRecord, SrvResolver } from '@dynsrv/srv-resolver'

type Script = Pick<SrvResolver, 'resolveSrv' | 'resolveAddresses'> & {
  /** The questions, without the dots that end the names. */
  readonly asked: string[]
  /** The questions about names that a search domain may follow. */
  readonly relative: string[]
}

interface Lines {
  /** By owner name: `priority weight port target`, or an error to reject with. */
  readonly srv?: Readonly<Record<string, readonly string[] | Error>>
  /** By owner name: addresses, or an error to reject with. */
  readonly addresses?: Readonly<Record<string, readonly string[] | Error>>
  /** Addresses that come in the additional section of each SRV answer. */
  readonly additional?: Readonly<Record<string, readonly string[]>>
  readonly truncated?: boolean
}

/** A resolver that answers from a script and notes the questions; names that are not in the script do not exist. */
export function scriptedResolver({ srv = {}, addresses = {}, additional = {}, truncated = false }: Lines): Script {
  const asked: string[] = []
  const relative: string[] = []
  const note = (type: string, name: string): string => {
    const bare = withoutFinalDot(name)
    asked.push(`${type} ${bare}`)
    if (bare === name) relative.push(`${type} ${name}`)
    return bare
  }
  return {
    asked,
    relative,
    async resolveSrv(given, { signal } = {}) {
      const name = note('SRV', given)
      signal?.throwIfAborted()
      const records = lines(srv[name]).map(srvRecord)
      const glue = Object.entries(additional).map(([target, ips]) => [target, ips.map(address)] as const)
      return { ...answer(records, name in srv, truncated), addresses: new Map(glue) } satisfies SrvAnswer
    },
    async resolveAddresses(given, { family, signal } = {}) {
      const name = note(family === undefined ? 'A+AAAA' : family === 4 ? 'A' : 'AAAA', given)
      signal?.throwIfAborted()
      const records = lines(addresses[name]).map(address)
      const wanted = records.filter((record) => family === undefined || record.family === family)
      return answer(wanted, name in addresses, truncated)
    },
  }
}

function lines(script: readonly string[] | Error | undefined): readonly string[] {
  if (script instanceof Error) throw script
  return script ?? []
}

function srvRecord(line: string): SrvRecord {
  const [priority, weight, port, target = ''] = line.split(' ')
  return { priority: Number(priority), weight: Number(weight), port: Number(port), target, ttlSeconds: 0 }
}

function address(ip: string): AddressRecord {
  return { address: ip, family: ip.includes(':') ? 6 : 4, ttlSeconds: 0 }
}

function answer<R>(records: readonly R[], exists: boolean, truncated: boolean): DnsAnswer<R> {
  const facts = {
    ttlSeconds: 0,
    server: 'script',
    transport: 'none',
    authoritative: true,
    truncated,
    stale: false,
  } as const
  return records.length > 0 ? { ...facts, records } : { ...facts, records, empty: exists ? 'nodata' : 'nxdomain' }
}
