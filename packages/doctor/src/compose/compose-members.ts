import { isIP } from 'node:net'
import { hostOf } from '../host.ts'
import type { ComposeFile, ComposeService } from './compose-file.ts'

/** What makes a service a node of the cluster. */
const MEMBER_SETTINGS = ['RELEASE_NODE', 'RELEASE_COOKIE', 'RELEASE_DISTRIBUTION', 'ERL_DIST_PORT', 'RELEASE_NAME']

/** The services that are nodes of the cluster. */
export function membersOf({ services }: ComposeFile): ComposeService[] {
  return services.filter(({ environment }) => MEMBER_SETTINGS.some((name) => environment.has(name)))
}

/** A node name as the file has it. */
interface NodeName {
  readonly text: string
  readonly host: string
}

/** `RELEASE_NODE` as the file has it; undefined when it is missing or the container fills it in. */
export function nodeOf({ environment }: ComposeService): NodeName | undefined {
  const text = environment.get('RELEASE_NODE')
  if (text === undefined || text.includes('$')) return undefined
  return { text, host: hostOf(text) }
}

/** Whether a host makes a long name: one with a dot, or an address. */
export function isLongName(host: string): boolean {
  return host.includes('.') || isIP(host) !== 0
}
