import { checkCookie } from '@dynsrv/cluster'
import { type EpmdModule, Static } from '@dynsrv/epmd-shim'
import { Atom, atom, inspect, type Term, Tuple } from '@dynsrv/etf'
import type { World } from '@dynsrv/kit'
import { type Node, startNode } from '@dynsrv/node'
import { type Attempt, attempt, codeOf } from '../attempt.ts'
import { NotApplicable } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import { hostOf, isShort } from '../host.ts'
import { visibility } from '../kind-of-node.ts'
import { throwAwayName } from '../throw-away-name.ts'
import { cookieFact } from './cookie.ts'
import { knocked } from './peers.ts'

/** A peer that was dialled with the cookie, and how it ended. */
export interface Link {
  readonly name: string
  readonly visibility: 'visible' | 'hidden'
  readonly connected: Attempt<void>
}

interface Us {
  readonly node: Node
  readonly links: readonly Link[]
}

/** @throws {NotApplicable} without a cookie, or when no peer got that far */
export async function links(context: DoctorContext): Promise<readonly Link[]> {
  return (await context.get(linked)).links
}

async function linked(context: DoctorContext): Promise<Us> {
  const cookie = await context.get(cookieFact)
  if (!cookie.cookie.ok) throw new NotApplicable('there is no cookie')
  const peers = (await context.get(knocked)).flatMap(({ name, good }) => (good === undefined ? [] : [{ name, good }]))
  if (peers.length === 0) throw new NotApplicable('no peer got as far as the cookie')
  const short = isShort(hostOf(peers[0]!.name))
  const alike = peers.filter(({ name }) => isShort(hostOf(name)) === short)
  const { timeoutMs, tls } = context.options
  const nodes = Object.fromEntries(alike.map(({ name, good: { ip, port } }) => [name, { ip, port }]))
  const epmd: EpmdModule = new Static(nodes, { short })
  const node = await startNode({
    name: throwAwayName(undefined, short, context.world),
    cookie: checkCookie(cookie.cookie.value, 'the cookie'),
    epmd,
    listen: false,
    world: context.world,
    // Peers have nothing to print here.
    output: () => undefined,
    shortNames: short,
    setupTimeMs: Math.min(timeoutMs, MAX_SETUP_MS),
    ...(tls !== undefined && { tls }),
  })
  context.defer(() => node.close())
  const made = await Promise.all(
    alike.map(
      async ({ name, good }): Promise<Link> => ({
        name,
        visibility: good.answer.ok ? visibility(good.answer.value.flags) : 'hidden',
        connected: await attempt(node.connect(name, { signal: context.step() })),
      }),
    ),
  )
  return { node, links: made }
}

/** @see NodeOptions.setupTimeMs */
const MAX_SETUP_MS = 120_000

/** What a BEAM node says about itself and its links. */
export interface BeamFacts {
  readonly name: string
  readonly visible: readonly string[]
  readonly hidden: readonly string[]
  /** `net_ticktime`, in seconds. */
  readonly tickSeconds: number
  /** Whether `-connect_all false` was given. */
  readonly connectAllOff: boolean
  /** The nodes that `global` has taken in; undefined when it did not answer. */
  readonly globalKnows: readonly string[] | undefined
  /** When it started, on our clock that only goes forward. Unit: milliseconds. */
  readonly startedMs?: number
}

/** Asks every BEAM peer; other nodes are left out. */
export async function beams(context: DoctorContext): Promise<readonly BeamFacts[]> {
  const { links: made } = await context.get(linked)
  const known = await beamsNow(context, new Set(made.map(({ name }) => name)))
  if (known.length === 0) throw new NotApplicable('no BEAM node could be asked')
  return known
}

/** Asks some of them once more. */
export async function beamsNow(context: DoctorContext, names: ReadonlySet<string>): Promise<readonly BeamFacts[]> {
  const { node, links: made } = await context.get(linked)
  const asked = made
    .filter(({ name, connected }) => connected.ok && names.has(name))
    .map(({ name }) => attempt(facts(context, node, name)))
  const answers = await Promise.all(asked)
  return answers.flatMap((one) => (one.ok && one.value !== undefined ? [one.value] : []))
}

/** The same, where there are several to be compared. */
export async function severalBeams(context: DoctorContext): Promise<readonly BeamFacts[]> {
  const all = await context.get(beams)
  if (all.length < 2) throw new NotApplicable('fewer than two BEAM nodes')
  return all
}

async function facts({ options, world }: DoctorContext, node: Node, name: string): Promise<BeamFacts | undefined> {
  const call: Call = (module, fun, ...args) => node.erpc(name, module, fun, args, { timeoutMs: options.timeoutMs })
  try {
    const [visible, hidden, tick, connectAll, global, started] = await Promise.all([
      call('erlang', 'nodes', atom('visible')),
      call('erlang', 'nodes', atom('hidden')),
      call('net_kernel', 'get_net_ticktime'),
      call('init', 'get_argument', atom('connect_all')),
      globalKnows(call),
      startedAt(world, call),
    ])
    return {
      name,
      visible: atoms(visible),
      hidden: atoms(hidden),
      tickSeconds: Number(tick instanceof Tuple ? [...tick].at(-1) : tick),
      connectAllOff: inspect(connectAll).includes('"false"'),
      globalKnows: global,
      startedMs: started,
    }
  } catch (error) {
    if (codeOf(error) === 'NODE_REMOTE_ERROR') return undefined
    throw error
  }
}

type Call = (module: string, fun: string, ...args: Term[]) => Promise<Term>

/** By how long it has been up: no clock that somebody sets counts here. */
async function startedAt(world: World, call: Call): Promise<number> {
  const millisecond = atom('millisecond')
  const start = await call('erlang', 'system_info', atom('start_time'))
  const began = await call('erlang', 'convert_time_unit', start, atom('native'), millisecond)
  return world.clock.monotonic() - (Number(await call('erlang', 'monotonic_time', millisecond)) - Number(began))
}

const GLOBAL_TIMEOUT_MS = 2_000

async function globalKnows(call: Call): Promise<readonly string[] | undefined> {
  try {
    return atoms(await call('gen_server', 'call', atom('global_name_server'), atom('get_known'), GLOBAL_TIMEOUT_MS))
  } catch (error) {
    if (codeOf(error) === 'NODE_REMOTE_ERROR') return undefined
    throw error
  }
}

function atoms(term: Term): string[] {
  return Array.isArray(term) ? term.flatMap((one) => (one instanceof Atom ? [one.name] : [])) : []
}

const SIZES = [1_024, 64 * 1_024, 512 * 1_024] as const

/** The sizes of messages that a peer took, and the first that did not pass. */
export interface EchoFacts {
  readonly name: string
  readonly passed: readonly number[]
  readonly stalledAt?: number
}

/** Sends growing messages to every BEAM peer, one after the other. */
export async function echoes(context: DoctorContext): Promise<readonly EchoFacts[]> {
  const known = await context.get(beams)
  const { node } = await context.get(linked)
  return Promise.all(known.map(({ name }) => echo(context, node, name)))
}

async function echo({ options }: DoctorContext, node: Node, name: string): Promise<EchoFacts> {
  const passed: number[] = []
  for (const bytes of SIZES) {
    const sent = await attempt(
      node.erpc(name, 'erlang', 'byte_size', [new Uint8Array(bytes)], { timeoutMs: options.timeoutMs }),
    )
    if (!sent.ok) return { name, passed, stalledAt: bytes }
    passed.push(bytes)
  }
  return { name, passed }
}
