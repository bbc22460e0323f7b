// A TypeScript service that an Elixir node calls like a module of its own, and that calls the Elixir node's GenServer.
import { atom, inspect, start, tuple } from 'dynsrv'

const PRICES: Readonly<Record<string, number>> = { apple: 30, pear: 45 }

// The name, the cookie and the port are in the environment: RELEASE_NODE, RELEASE_COOKIE, ERL_DIST_PORT.
const cluster = await start({ service: 'shop.test', dns: process.env.DYNSRV_DNS ?? '127.0.0.1:8600' })

// In Elixir: :erpc.call(node, Shop.Prices, :price, ["apple"]). Nothing but this can be called.
cluster.node.expose('Elixir.Shop.Prices', {
  price: (fruit: string) => {
    const price = PRICES[fruit]
    return price === undefined ? atom('unknown') : tuple(atom('ok'), price)
  },
})

process.once('SIGTERM', () => cluster.drain())
process.once('SIGINT', () => cluster.drain())

await cluster.ready({ minPeers: 1 })

// In Elixir: GenServer.call(Shop.Stock, {:take, "apple", 2}), on whichever member has it
const stock = cluster.service('Shop.Stock')
const left = await stock.call(tuple(atom('take'), 'apple', 2))
console.log(`two apples taken: ${inspect(left, { syntax: 'elixir' })}`)
