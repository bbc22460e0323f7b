import { Static } from '@dynsrv/epmd-shim'
import { type Node, startNode } from '@dynsrv/node'

/** Two nodes of ours on loopback, of which the second finds the first. */
export interface Pair extends AsyncDisposable {
  readonly left: Node
  readonly right: Node
}

export async function startPair(): Promise<Pair> {
  const cookie = 'metrics'
  const epmd = new Static({})
  const left = await startNode({ name: 'left@127.0.0.1', cookie, epmd, listen: { port: 0, host: '127.0.0.1' } })
  const known = new Static({ [left.self]: { ip: '127.0.0.1', port: left.port! } })
  const right = await startNode({ name: 'right@127.0.0.1', cookie, epmd: known, listen: false })
  return {
    left,
    right,
    [Symbol.asyncDispose]: async () => {
      await right.close()
      await left.close()
    },
  }
}
