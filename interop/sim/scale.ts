// Gateways that take a sample of many members, through churn, a partition and a registry that is down:
// `npm run sim -- --scale [--gateways 100] [--members 10000] [--sample 10] [--minutes 10]`.
import { parseArgs } from 'node:util'
import { FixedPort, type NodeAddressCandidate, type NodeName, nodeName } from '@dynsrv/epmd-shim'
import { atom } from '@dynsrv/etf'
import { type Node, startNode } from '@dynsrv/node'
import { every, type Membership, Strategy, sample } from '@dynsrv/strategy'
import { type MemberOptions, type Simulation, simulate } from '@dynsrv/testing'

const { values } = parseArgs({
  options: {
    gateways: { type: 'string', default: '100' },
    members: { type: 'string', default: '10000' },
    sample: { type: 'string', default: '10' },
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
  },
})
const [gateways, members, count, minutes] = [values.gateways, values.members, values.sample, values.minutes].map(Number)
const POLL_MS = 15_000
const GROUP = atom('workers')

/** Who is there and where, as a registry's API says it. */
class Registry {
  isDown = false
  readonly #ips = new Map<NodeName, { readonly ip: string; readonly port: number }>()
  #answer:
    | { nodes: ReadonlySet<NodeName>; endpoints: ReadonlyMap<NodeName, readonly NodeAddressCandidate[]> }
    | undefined

  add(name: NodeName, ip: string, port: number): void {
    this.#ips.set(name, { ip, port })
    this.#answer = undefined
  }

  async ask() {
    if (this.isDown) throw new Error('the registry is down')
    this.#answer ??= {
      nodes: new Set(this.#ips.keys()),
      endpoints: new Map([...this.#ips].map(([name, place]) => [name, [{ ...place, family: 4 } as const]])),
    }
    return this.#answer
  }
}

interface Gateway {
  readonly node: Node
  readonly strategy: Strategy
}

async function main(): Promise<void> {
  const registry = new Registry()
  const sim = simulate({ seed: Number(values.seed) })
  const common = (options: MemberOptions) => ({
    name: options.name,
    cookie: options.cookie,
    world: options.world,
    epmd: new FixedPort(options.port, { world: options.world }),
    listen: { port: options.port },
  })
  const ipOf = (options: MemberOptions): string => options.world.network.interfaces().eth0![0]!.address
  const startMember = async (options: MemberOptions): Promise<Node> => {
    const node = await startNode(common(options))
    node.serve({ name: 'echo', call: (request) => request })
    node.pg().join(GROUP, node.mailbox())
    registry.add(nodeName(options.name), ipOf(options), node.port!)
    return node
  }
  const startGateway = async (options: MemberOptions): Promise<Gateway> => {
    const node = await startNode(common(options))
    node.pg()
    const discover = sample(() => registry.ask(), { count: count!, key: node.self })
    const strategy = new Strategy(node as unknown as Membership, {
      discover,
      interval: every(POLL_MS),
      world: options.world,
    })
    strategy.start()
    return { node, strategy }
  }
  const took = meter()
  const all: Node[] = await sim.members('members.test', members!, startMember)
  took('members started', sim)
  const some: Gateway[] = await sim.members('gateways.test', gateways!, startGateway)
  const linked = () => some.filter(({ node }) => node.connected().length === count).length
  const whole = async (what: string): Promise<void> => {
    const begun = sim.now
    await sim.until(() => linked() === gateways, '10 min')
    took(`${what}: every gateway has ${count} links after ${((sim.now - begun) / 1_000).toFixed(1)} s`, sim)
  }
  await whole('at first')
  await sim.run('1 min')
  took('a minute of peace', sim)

  const sent = some.reduce((sum, { node }) => sum + node.pg().broadcast(GROUP, atom('work')), 0)
  await sim.run('1 s')
  took(`a message to the group from each gateway: ${sent} messages`, sim)
  const begun = sim.now
  const calls = some.flatMap(({ node }) => node.connected().map((peer) => node.call({ name: 'echo', node: peer }, 1)))
  await Promise.all(calls)
  took(`${calls.length} calls at once, answered after ${(sim.now - begun).toFixed(1)} ms`, sim)

  for (let minute = 0; minute < minutes!; minute++) {
    const heal =
      minute === 3
        ? sim.partition(
            all.slice(0, members! / 2),
            some.map((each) => each),
          )
        : undefined
    registry.isDown = minute === 5 || minute === 6
    for (let part = 0; part < 10; part++) {
      for (let index = 0; index < members! / 1_000; index++) {
        const which = sim.random.integer(0, all.length)
        all[which] = await sim.restart(all[which]!, { port: 'new' })
      }
      await sim.run('6 s')
    }
    heal?.()
    const what = minute === 3 ? ', half of the members cut off' : registry.isDown ? ', the registry down' : ''
    took(`minute ${minute + 1}, ${members! / 100} members replaced${what}: ${linked()} gateways whole`, sim)
  }
  await whole('in the end')
  process.exit(0)
}

/** Prints what each part took. */
function meter(): (what: string, sim: Simulation) => void {
  let before = process.cpuUsage()
  return (what, sim) => {
    const { user, system } = process.cpuUsage(before)
    before = process.cpuUsage()
    const cpu = ((user + system) / 1e6).toFixed(1)
    const mib = (process.memoryUsage().rss / 2 ** 20).toFixed(0)
    console.log(`${what}; ${cpu} s of CPU, ${mib} MiB, ${sim.pending} under way`)
  }
}

main().catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})
