import { readFile } from 'node:fs/promises'
import { oneLine } from '@dynsrv/cluster'
import { type Attempt, attempt } from '../attempt.ts'
import { type Check, check, NotApplicable } from '../check.ts'
import { type ComposeFile, readComposeFile } from '../compose/compose-file.ts'
import {
  judgeComposeCookies,
  judgeComposeDuplicates,
  judgeDistribution,
  judgeHostnames,
  judgeLiteralCookies,
  judgeNetworks,
  judgeNodeNames,
  membersOf,
} from '../compose/judge-compose.ts'
import type { DoctorContext } from '../context.ts'
import { type Finding, finding } from '../finding.ts'

interface ComposeFacts {
  readonly path: string
  readonly file: Attempt<{ readonly read: ComposeFile; readonly text: string }>
}

async function composeFacts({ options: { compose: path, env } }: DoctorContext): Promise<ComposeFacts> {
  if (path === undefined) throw new NotApplicable('only with --compose')
  const read = async () => {
    const text = await readFile(path, 'utf8')
    return { read: readComposeFile(text, path, env), text }
  }
  return { path, file: await attempt(read()) }
}

/** C01: a file that cannot be read, or without a node in it. */
export function judgeComposeFile({ path, file }: ComposeFacts): Finding[] {
  if (!file.ok) {
    const why = file.error instanceof Error ? oneLine(file.error.message) : String(file.error)
    return [finding('error', 'DOCTOR_COMPOSE_FILE', `${path} cannot be read: ${why}`)]
  }
  if (membersOf(file.value.read).length > 0) return []
  const hint = 'Set RELEASE_NODE, RELEASE_COOKIE and RELEASE_DISTRIBUTION at the services that shall form the cluster.'
  return [finding('warning', 'DOCTOR_COMPOSE_FILE', `no service of ${path} is a node: none sets RELEASE_*`, { hint })]
}

async function sound(context: DoctorContext): Promise<{ read: ComposeFile; text: string }> {
  const { file } = await context.get(composeFacts)
  if (!file.ok) throw new NotApplicable('the file cannot be read')
  return file.value
}

function lesson(id: string, title: string, judge: (file: ComposeFile, text: string) => Finding[]): Check {
  return check({
    id,
    group: 'compose',
    title,
    needs: ['C01'],
    look: sound,
    judge: ({ read, text }) => judge(read, text),
  })
}

/** The lessons of a Compose file, from the network up to the cookie. */
export const COMPOSE_CHECKS: readonly Check[] = [
  check({
    id: 'C01',
    group: 'compose',
    title: 'the file can be read',
    look: (context) => context.get(composeFacts),
    judge: judgeComposeFile,
  }),
  lesson('C02', 'services share a network', judgeNetworks),
  lesson('C03', 'hostnames with a dot', judgeHostnames),
  lesson('C04', 'RELEASE_NODE names its own host', judgeNodeNames),
  lesson('C05', 'long names', judgeDistribution),
  lesson('C06', 'one name for each container', judgeComposeDuplicates),
  lesson('C07', 'the same cookie', judgeComposeCookies),
  lesson('C08', 'no cookie in clear text', judgeLiteralCookies),
]
