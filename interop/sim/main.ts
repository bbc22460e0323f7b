import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { drawStory } from './draw.ts'
import { play } from './play.ts'
import { shrink } from './shrink.ts'
import type { Story } from './story.ts'

const HELP = `Plays stories drawn from seeds, and holds each against the rules of a cluster.

  npm run sim -- [--seeds N] [--from M] [--cpu SECONDS] [--story FILE] [--with REGEXP] [--first] [--write FOLDER] [--verbose]

  --seeds N      how many seeds; default 100
  --from M       the first one; default 1
  --cpu SECONDS  ends when that much CPU is spent; default: no bound
  --story FILE   plays one story that was written, and no others
  --with REGEXP  only stories whose JSON matches it, such as '"do":"flap"'
  --first        ends at the first story that breaks a rule, and does not shrink it
  --write FOLDER where a story that breaks a rule is written, as a test; default interop/test/stories
  --verbose      prints each story's log`

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '100' },
      from: { type: 'string', default: '1' },
      cpu: { type: 'string' },
      story: { type: 'string' },
      with: { type: 'string', default: '' },
      first: { type: 'boolean', default: false },
      write: { type: 'string', default: 'interop/test/stories' },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(HELP)
    return 0
  }
  if (values.story !== undefined) {
    const { story } = JSON.parse(readFileSync(values.story, 'utf8')) as { story: Story }
    const { broken, report } = await play(story)
    if (values.verbose) console.log(report())
    for (const { rule, how } of broken) console.log(`it breaks “${rule}”: ${how}`)
    return broken.length === 0 ? 0 : 1
  }
  const from = Number(values.from)
  const end = from + Number(values.seeds)
  const budgetMs = values.cpu === undefined ? Number.POSITIVE_INFINITY : Number(values.cpu) * 1_000
  const wanted = new RegExp(values.with)
  const found = new Map<string, number>()
  let played = 0
  let virtualMs = 0
  for (let seed = from; seed < end && cpuMs() < budgetMs; seed++) {
    const story = drawStory(seed)
    if (!wanted.test(JSON.stringify(story))) continue
    const { broken, elapsedMs, report } = await play(story)
    played++
    virtualMs += elapsedMs
    if (values.verbose) console.log(report())
    const [first] = broken
    if (first === undefined) continue
    console.log(`seed ${seed} breaks “${first.rule}”: ${first.how}`)
    if (values.first) return 1
    found.set(first.rule, (found.get(first.rule) ?? 0) + 1)
    if (found.get(first.rule)! > 1) continue
    const short = await shrink(story, first.rule, play)
    mkdirSync(values.write, { recursive: true })
    const file = join(values.write, `seed-${seed}.json`)
    writeFileSync(file, `${JSON.stringify({ rule: first.rule, story: short }, null, 2)}\n`)
    console.log(`  shrunk to ${short.scenes.length} scenes and ${short.members} members: ${file}`)
  }
  const hours = (virtualMs / 3_600_000).toFixed(1)
  const cpu = (cpuMs() / 1_000).toFixed(0)
  console.log(`${played} stories, ${hours} h of virtual time, ${cpu} s of CPU`)
  for (const [rule, count] of found) console.log(`${count} × ${rule}`)
  return found.size === 0 ? 0 : 1
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error)
    process.exit(2)
  },
)
