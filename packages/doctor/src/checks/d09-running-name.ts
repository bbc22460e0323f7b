import { identifier } from '@dynsrv/kit'
import { check } from '../check.ts'
import { type Finding, finding } from '../finding.ts'
import { type OwnListener, runningNode } from '../probes/own.ts'
import { words } from '../words.ts'

const NAME_OVERRIDDEN = words('DOCTOR_NAME_OVERRIDDEN', {
  happened: 'The node that runs here does not have the name in RELEASE_NODE.',
  why: 'A script such as env.sh.eex sets the name again when the release starts.',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what a shell reads
  hint: 'Write RELEASE_NODE="${RELEASE_NODE:-…}" there, so that the value that you set is used.',
})

/** D09: the node on our port has another name. */
export function judgeRunningName({ name, source, port, local }: OwnListener): Finding[] {
  if (!local.ok || local.value.name === name.name) return []
  const evidence = [`127.0.0.1:${port} answers as ${identifier(local.value.name)}`]
  const message = `${source} is ${name.name}, but the node on port ${port} calls itself ${identifier(local.value.name)}`
  return [finding('error', NAME_OVERRIDDEN, message, { evidence })]
}

export const D09 = check({
  id: 'D09',
  group: 'environment',
  place: 4,
  title: 'the node here has the name that was set',
  needs: ['D42', 'D24'],
  words: [NAME_OVERRIDDEN],
  look: runningNode,
  judge: judgeRunningName,
})
