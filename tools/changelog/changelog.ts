// One page for people from the changesets that wait: what the next release brings, by topic. The changelogs of the packages
// come from the same files, with `npm run release:version`.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { TOPICS, type Topic } from './topics.ts'

const FOLDER = fileURLToPath(new URL('../../.changeset/', import.meta.url))

/** A change that users notice, as its author told it. */
export interface Changeset {
  /** Its file, without the ending. */
  readonly name: string
  readonly packages: readonly string[]
  readonly text: string
}

/** The changesets that wait. */
export function readChangesets(folder = FOLDER): Changeset[] {
  const names = readdirSync(folder).filter((file) => file.endsWith('.md') && file !== 'README.md')
  return names.sort().map((file) => {
    const [, head = '', text] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(readFileSync(folder + file, 'utf8')) ?? []
    if (text === undefined) throw new Error(`.changeset/${file} is no changeset`)
    const packages = [...head.matchAll(/^['"]?([^'":]+)['"]?: /gm)].map(([, name]) => name!)
    return { name: file.replace(/\.md$/, ''), packages, text: text.trim().replaceAll(/\s*\n\s*/g, ' ') }
  })
}

/** The topic of a changeset. */
export function topicOf({ name, packages }: Omit<Changeset, 'text'>): Topic {
  const found =
    TOPICS.find(({ names }) => names.test(name)) ??
    TOPICS.find((topic) => packages.some((each) => topic.packages.includes(each)))
  if (found === undefined) throw new Error(`no topic for the changeset ${name} of ${packages.join(', ')}`)
  return found
}

/** The page of a version. */
export function changelogPage(version: string, changesets: readonly Changeset[]): string {
  const sections = TOPICS.map((topic) => {
    const own = changesets.filter((each) => topicOf(each) === topic)
    if (own.length === 0) return ''
    const lines = own.map(({ text }) => `- ${text}`)
    const count = own.length === 1 ? 'One change' : `All ${own.length} changes`
    return `### ${topic.title}\n\n${topic.text}\n\n<details>\n<summary>${count}</summary>\n\n${lines.join('\n')}\n\n</details>\n`
  })
  return `# Changelog

All packages share one version. What a release changed in one package is in its own \`CHANGELOG.md\`.

## ${version}

${sections.filter((each) => each !== '').join('\n')}`
}
