import { parsePort } from '@dynsrv/cluster'
import { type ParsedNodeName, parseNodeName } from '@dynsrv/epmd-shim'
import { absoluteName } from '@dynsrv/srv-resolver'
import { type Attempt, attempt } from '../attempt.ts'
import { NotApplicable } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import { hostOf, isShort } from '../host.ts'
import { throwAwayName } from '../throw-away-name.ts'
import { resolver } from './dns.ts'
import { type Introduction, probeHandshake } from './handshake.ts'
import { type Member, members } from './members.ts'
import { type OwnAddress, ownAddresses } from './system.ts'

/** Our own name as it was given, and read. */
export interface OwnName {
  readonly text: string
  /** Where it was given. */
  readonly source: string
  readonly parsed: Attempt<ParsedNodeName>
}

/** @throws {NotApplicable} when no name is given */
export async function ownName({ options }: DoctorContext): Promise<OwnName> {
  const { name, env } = options
  const text = name ?? env.RELEASE_NODE
  if (text === undefined || text === '') throw new NotApplicable('no name of our own: --name or RELEASE_NODE')
  const short = isShort(hostOf(text))
  return {
    text,
    source: name === undefined ? 'RELEASE_NODE' : '--name',
    parsed: await attempt(Promise.resolve().then(() => parseNodeName(text, { short }))),
  }
}

/** The port that our node is to listen on; undefined when none is set. */
export async function ownPort({ options }: DoctorContext): Promise<Attempt<number> | undefined> {
  const text = options.port ?? options.env.ERL_DIST_PORT
  if (text === undefined || text === '') return undefined
  const source = options.port === undefined ? 'ERL_DIST_PORT' : '--port'
  return attempt(Promise.resolve().then(() => parsePort(text, source)))
}

/** What answers on our own port, here and from outside. */
export interface OwnListener {
  readonly name: ParsedNodeName
  /** Where the name was given. */
  readonly source: string
  readonly port: number
  readonly local: Attempt<Introduction>
  /** By each address of this machine that others may dial. */
  readonly external: readonly { readonly address: OwnAddress; readonly knock: Attempt<Introduction> }[]
  /** The addresses that DNS gives for our own record. */
  readonly published: readonly string[]
  /** Our own member of a service, when there is one. */
  readonly member?: Member
  readonly services: readonly string[]
}

/** @throws {NotApplicable} when name or port are not known */
export async function ownListener(context: DoctorContext): Promise<OwnListener> {
  const { parsed, source } = await context.get(ownName)
  if (!parsed.ok) throw new NotApplicable('our own name cannot be used')
  const all = await context.get(members)
  const member = all.find(({ name }) => name.toLowerCase() === parsed.value.name.toLowerCase())
  const set = await context.get(ownPort)
  const port = set?.ok === true && set.value > 0 ? set.value : member?.records[0]?.port
  if (port === undefined) throw new NotApplicable('our own port is not known: --port or ERL_DIST_PORT')
  const self = throwAwayName(undefined, isShort(parsed.value.host), context.world)
  const { timeoutMs, tls } = context.options
  const over = tls === undefined ? {} : { tls }
  const knock = (ip: string) => attempt(probeHandshake({ ip, port, self, timeoutMs, ...over, world: context.world }))
  const outside = (await context.get(ownAddresses)).filter(({ internal, family }) => !internal && family === 4)
  const target = member?.records[0]?.target
  const asked = target === undefined ? undefined : await attempt(addressesOf(context, target))
  const [local, ...external] = await Promise.all([knock('127.0.0.1'), ...outside.map(({ ip }) => knock(ip))])
  return {
    name: parsed.value,
    source,
    port,
    local: local!,
    external: outside.map((address, at) => ({ address, knock: external[at]! })),
    published: asked?.ok === true ? asked.value : [],
    ...(member !== undefined && { member }),
    services: context.options.services,
  }
}

/** The same, where a node runs here. */
export async function runningNode(context: DoctorContext): Promise<OwnListener> {
  const own = await context.get(ownListener)
  if (!own.local.ok) throw new NotApplicable('no node runs here')
  return own
}

async function addressesOf(context: DoctorContext, target: string): Promise<readonly string[]> {
  const dns = await context.get(resolver)
  const { records } = await dns.resolveAddresses(absoluteName(target), { signal: context.step() })
  return records.map(({ address }) => address)
}
