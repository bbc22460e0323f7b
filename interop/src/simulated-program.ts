/** A partition in a simulation, which a test expects to last for two minutes; with `failing`, it expects nobody to be left. */
const simulated = (failing: string) => `
const partition = (options) => simulate(options, async (sim) => {
  const [a, b, c] = await sim.members('svc.test', 3, dynsrv.start)
  await a.ready({ minPeers: 2 })
  sim.partition([a], [b, c])
  await sim.run('2 min')
  if (a.members().length !== 0 || b.members().length !== 1 || ${failing}) throw new Error('not parted')
})
test('a partition', () => partition({ seed: 4711 }))
`
export const SIMULATED_CJS = (failing: string) =>
  `const { simulate } = require('@dynsrv/testing')\nconst dynsrv = require('dynsrv')\n${simulated(failing)}`
export const SIMULATED_ESM = (failing: string) =>
  `import { simulate } from '@dynsrv/testing'\nimport * as dynsrv from 'dynsrv'\n${simulated(failing)}`

/** What a simulation prints when its test fails. */
export const STORY = /simulation with seed 4711.*link down: NODE_TICK_TIMEOUT.*```mermaid.*sequenceDiagram/s
