import { isShort } from '../doctor/judge-introduction.ts'
import { DynsrvError } from '../error.ts'
import { serviceName } from '../service-name.ts'
import { type Directory, openDirectory } from './directory.ts'
import type { PeerOptions } from './peer-options.ts'

/** The options of the commands that list members. */
export interface MembersOptions extends PeerOptions {
  readonly service?: string
}

/** A member as its directory names it. */
export interface Member {
  readonly name: string
  readonly port: number
}

/** Where the members of `--service`, or of `--epmd HOST`, are listed. */
export interface Members extends Disposable {
  readonly directory: Directory
  /** Whether their host has no dot. */
  readonly short: boolean
  /** For a person: what was asked. */
  readonly label: string
  /** @throws {EpmdError} when the directory cannot be asked */
  list(): Promise<readonly Member[]>
}

/** @throws {DynsrvError} `DYNSRV_SERVICE_MISSING`, `DYNSRV_BAD_OPTION` */
export async function openMembers(options: MembersOptions): Promise<Members> {
  const { service, epmd } = options
  if (service !== undefined && epmd !== undefined) {
    throw new DynsrvError('DYNSRV_BAD_OPTION', '--service and --epmd are two ways to list members', {
      hint: 'Give one of them.',
    })
  }
  const host = typeof epmd === 'string' ? epmd : service === undefined ? undefined : serviceName(service)
  if (host === undefined || host === '') {
    throw new DynsrvError('DYNSRV_SERVICE_MISSING', 'no service to list the members of', {
      hint: 'Give the name that holds the SRV records with --service, or a host with --epmd HOST.',
    })
  }
  const directory = await openDirectory(options)
  return {
    directory,
    short: isShort(host),
    label: `${host} (${directory.label})`,
    list: async () => {
      const names = await directory.epmd.names(host)
      return names
        .map(({ name, port }) => ({ name: `${name}@${host}`, port }))
        .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.port - b.port))
    },
    [Symbol.dispose]: () => directory[Symbol.dispose](),
  }
}
