// A TypeScript service that an Elixir node calls like a module of its own, and that calls the Elixir node's GenServer.
import { atom, fn, start, t, tuple } from 'dynsrv'

const PRICES: Readonly<Record<string, number>> = { apple: 30, pear: 45 }

// The rest is in the environment: RELEASE_NODE, RELEASE_COOKIE, ERL_DIST_PORT and DYNSRV_DNS.
const cluster = await start({ service: 'shop.test', leaveOn: ['SIGINT', 'SIGTERM'] })

// In Elixir: :erpc.call(node, Shop.Prices, :price, ["apple"]). Nothing but this can be called.
cluster.node.expose('Elixir.Shop.Prices', {
  price: fn([t.text()], t.union(t.tuple(t.atom('ok'), t.int()), t.atom('unknown')), (fruit) => {
    const price = PRICES[fruit]
    return price === undefined ? 'unknown' : ['ok', price]
  }),
})

await cluster.ready()

// In Elixir: GenServer.call(Shop.Stock, {:take, "apple", 2}), on whichever member has it
const stock = cluster.service('Shop.Stock')
const left = await stock.call(tuple(atom('take'), 'apple', 2), { reply: t.result(t.int()) })
if (left.ok) console.log(`two apples taken, ${left.value} left`)
