/** Starts `count` nodes in this process, connects each with each other, and tells how long the links took. */
export async function mesh(startNode, count) {
  // Where everybody listens is known only when all have started.
  const ports = new Map()
  const epmd = {
    startLink: async () => undefined,
    listenPortPlease: () => 0,
    registerNode: async () => ({ creation: -1 }),
    addressPlease: async (alive) => ({
      candidates: [{ ip: '127.0.0.1', family: 4, port: ports.get(alive) }],
      version: 6,
    }),
  }
  const nodes = []
  for (let index = 0; index < count; index++) {
    const name = `mesh${index}@127.0.0.1`
    const node = await startNode({ name, cookie: 'mesh', epmd, listen: { host: '127.0.0.1' } })
    ports.set(`mesh${index}`, node.port)
    nodes.push(node)
  }
  const begin = process.hrtime.bigint()
  const links = nodes.flatMap((node, index) => nodes.slice(0, index).map(({ self }) => node.connect(self)))
  await Promise.all(links)
  const took = Number(process.hrtime.bigint() - begin)
  const missing = nodes.filter((node) => node.connected().length !== count - 1).length
  await Promise.all(nodes.map((node) => node.close()))
  if (missing > 0) throw new Error(`${missing} nodes have not met all others`)
  return [took, links.length]
}
