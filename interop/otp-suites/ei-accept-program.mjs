// In the place of the C program `ei_accept_test`.
import { once } from 'node:events'
import { atom, tuple } from '@dynsrv/etf'
import { answerCommands } from './ei-program.mjs'
import { nodeNamed } from './our-node.mjs'

let settings
let node
/** The process that gets what is sent to any name: the suite always says `any`. */
let any
let up

await answerCommands({
  ei_connect_init: (number, cookie) => {
    settings = { alive: `c${number}`, cookie: cookie.name }
    return 0
  },
  ei_publish: async (port) => {
    const { alive, cookie } = settings
    node = await nodeNamed(alive, { cookie, listen: { port }, decode: { float: 'boxed' } })
    any = node.mailbox('any')
    up = once(node, 'nodeup')
    return tuple(3, 4, 0)
  },
  ei_accept: async () => {
    const [{ node: peer }] = await up
    return tuple(5, 0, atom(peer))
  },
  ei_receive: () => any.receive({ timeoutMs: 5_000 }),
  ei_unpublish: () => tuple(0, 0),
})
