// A TypeScript service that an Elixir release calls by the name of its group, and that calls a GenServer of the release.
import { atom, inspect, start, tuple } from 'dynsrv'

const PRICES: Readonly<Record<string, number>> = { apple: 30, pear: 45 }

class PriceError extends Error {
  override readonly name = 'PriceError'
  readonly code = 'NO_PRICE'
}

// The name, the cookie and the port are in the environment: RELEASE_NODE, RELEASE_COOKIE, ERL_DIST_PORT.
const cluster = await start({ service: 'market.test', dns: process.env.DYNSRV_DNS ?? '127.0.0.1:8600' })

// In Elixir, on any node: Dynsrv.call(:prices, :price, ["apple"]). Nothing but this can be called.
const price = (fruit: string): number => {
  const found = PRICES[fruit]
  if (found === undefined) throw new PriceError(`no price for ${fruit}`)
  return found
}
cluster.node.expose('prices', { price }, { group: true })

process.once('SIGTERM', () => cluster.drain())
process.once('SIGINT', () => cluster.drain())

await cluster.ready({ minPeers: 1 })
const [shop] = cluster.members()

// In Elixir: GenServer.call(Shop.Stock, {:take, "apple", 2})
const left = await cluster.node.call({ name: 'Elixir.Shop.Stock', node: shop! }, tuple(atom('take'), 'apple', 2))
console.log(`two apples taken: ${inspect(left, { syntax: 'elixir' })}`)
