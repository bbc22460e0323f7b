import { DynsrvError, serviceName } from '@dynsrv/cluster'
import { isShort } from '@dynsrv/doctor'
import { parsePortService } from '@dynsrv/srv-resolver'
import { type Directory, openDirectory } from './directory.ts'
import type { PeerOptions } from './peer-options.ts'

/** The options of the commands that list members. */
export interface MembersOptions extends PeerOptions {
  readonly service?: string
  /** Those of a configuration file. */
  readonly services?: readonly string[]
}

/** A member as its directory names it. */
export interface Member {
  readonly name: string
  readonly port: number
}

/** Where the members of `--service`, or of `--epmd HOST`, are listed. */
export interface Members extends Disposable {
  readonly directory: Directory
  /** Whether their host has no dot; services always have one. */
  readonly short: boolean
  /** For a person: what was asked. */
  readonly label: string
  /** @throws {EpmdError} when the directory cannot be asked */
  list(): Promise<readonly Member[]>
}

/** @throws {DynsrvError} `DYNSRV_SERVICE_MISSING`, `DYNSRV_BAD_OPTION` */
export async function openMembers(options: MembersOptions): Promise<Members> {
  const { service, services = [], epmd } = options
  if (service !== undefined && epmd !== undefined) {
    throw new DynsrvError('DYNSRV_BAD_OPTION', '--service and --epmd are two ways to list members', {
      hint: 'Give one of them.',
    })
  }
  const asked = service === undefined ? services : [service]
  const named = asked.map((each) => parsePortService(serviceName(each)))
  const hosts = typeof epmd === 'string' ? [epmd].filter((host) => host !== '') : named.map(({ host }) => host)
  const [first] = hosts
  if (first === undefined) {
    throw new DynsrvError('DYNSRV_SERVICE_MISSING', 'no service to list the members of', {
      hint: 'Give the name that holds the SRV records with --service, a file that says it with --config, or a host with --epmd HOST.',
    })
  }
  const ports = new Map(named.map(({ host, portName }) => [host, portName]))
  const directory = await openDirectory({ ...options, portName: (host) => ports.get(host) ?? options.portName })
  return {
    directory,
    short: isShort(first),
    label: `${hosts.join(', ')} (${directory.label})`,
    list: async () => {
      // `web-2` stands before `web-27`.
      const byName = new Intl.Collator('en', { numeric: true })
      const all = hosts.map(async (host) =>
        (await directory.epmd.names(host)).map(({ name, port }) => ({ name: `${name}@${host}`, port })),
      )
      return (await Promise.all(all)).flat().sort((a, b) => byName.compare(a.name, b.name) || a.port - b.port)
    },
    [Symbol.dispose]: () => directory[Symbol.dispose](),
  }
}
