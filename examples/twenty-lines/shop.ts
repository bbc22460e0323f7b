import { atom, fn, start, startHealthServer, t, tuple } from 'dynsrv'

const cluster = await start({
  service: 'shop.test',
  attach: [(own) => startHealthServer(own, { port: Number(process.env.PORT) })],
  leaveOn: ['SIGTERM'],
})
const [shop] = await cluster.ready()
const pubsub = cluster.node.pubsub('Shop.PubSub')
const stock = { name: 'Elixir.Shop.Stock', node: shop }
const taken = t.result(t.int(), t.atom('sold_out'))

cluster.node.monitor(stock, (reason) => console.log(`the stock ended: ${reason}`))
cluster.node.expose('Elixir.Shop.Till', {
  sell: fn([t.text(), t.int()], taken, async (fruit, count) => {
    const left = await cluster.node.call(stock, tuple(atom('take'), fruit, count), { reply: taken })
    if (left.ok) pubsub.broadcast('stock', 'sold', { fruit, left: left.value })
    return left
  }),
})
