// One of our nodes, to be run in a network namespace: prints what happens to it as lines of JSON.
import { DynamicSrv, FixedPort } from '@dynsrv/epmd-shim'
import { startNode } from '@dynsrv/node'
import { dnsClient } from '@dynsrv/srv-resolver'
import { dnsPoll, dynamicSrv, Strategy, srvNodes, wholeTarget } from '@dynsrv/strategy'

const { name, cookie, dns, port, netTickTimeMs, service, query, basename } = JSON.parse(process.argv[2])
const resolver = dnsClient({ servers: [dns], timeoutMs: 200, tries: 1 })

async function lookup(host) {
  const { records } = await resolver.resolveAddresses(host)
  return records.map(({ address, family }) => ({ ip: address, family }))
}

const compose = basename !== undefined
const byIp = (host) => (/^[\d.]+$/.test(host) ? [{ ip: host, family: 4 }] : lookup(host))
const epmd = compose
  ? new FixedPort(port, { lookup: async (host) => byIp(host) })
  : new DynamicSrv({ resolver, env: {}, listenPort: port })
const node = await startNode({ name, cookie, epmd, listen: { port }, netTickTimeMs, setupTimeMs: 2_000 })
const every = { pollingInterval: 100, retry: () => 100 }

function strategy() {
  if (query !== undefined) return dnsPoll(node, { ...every, query, nodeBasename: basename, resolver })
  if (!compose) return dynamicSrv(node, { ...every, service, resolver })
  const { pollingInterval, ...rest } = every
  return new Strategy(node, {
    ...rest,
    interval: () => pollingInterval,
    discover: srvNodes(resolver, service, wholeTarget(basename)),
  })
}

function print(event) {
  const plain = (value) =>
    value instanceof Error ? { code: value.code, message: value.message } : value instanceof Set ? [...value] : value
  const members = [...node.connected()]
  const fields = Object.entries(event).map(([key, value]) => [key, plain(value)])
  process.stdout.write(`${JSON.stringify({ ...Object.fromEntries(fields), members })}\n`)
}

const running = strategy()
running.on('change', print)
node.on('nodedown', ({ node: peer, reason }) => print({ type: 'nodedown', node: peer, reason }))
running.start()
process.stdin.on('end', () => process.exit()).resume()
