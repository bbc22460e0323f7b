// What an hour of a quiet mesh costs: `npm run sim -- --hour [--members 50] [--minutes 60]`.
import { parseArgs } from 'node:util'
import { simulate } from '@dynsrv/testing'
import { start } from 'dynsrv'

const { values } = parseArgs({
  options: { members: { type: 'string', default: '50' }, minutes: { type: 'string', default: '60' } },
})
const [members, minutes] = [values.members, values.minutes].map(Number)

async function main(): Promise<void> {
  const sim = simulate({ seed: 1 })
  const clusters = await sim.members('svc.test', members!, (options) => start({ ...options, hidden: false }))
  await sim.run(`${minutes!} min`)
  const links = clusters.reduce((sum, cluster) => sum + cluster.members().length, 0) / 2
  const { user, system } = process.cpuUsage()
  const mib = Math.round(process.memoryUsage().rss / 2 ** 20)
  console.log(
    `${members} members with ${links} links, ${minutes} min: ${((user + system) / 1e6).toFixed(1)} s of CPU, ${mib} MiB`,
  )
  await sim.close()
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error)
    process.exit(1)
  },
)
