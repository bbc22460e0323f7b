import { check } from '../check.ts'
import { type Finding, finding } from '../finding.ts'
import { type OwnListener, runningNode } from '../probes/own.ts'
import { words } from '../words.ts'

const NAME_OVERRIDDEN = words('DOCTOR_NAME_OVERRIDDEN', {
  happened: 'The node that runs here goes by another name than RELEASE_NODE.',
  why: 'A script such as env.sh.eex sets the name again when the release starts.',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what a shell reads
  remedy: 'Write RELEASE_NODE="${RELEASE_NODE:-…}" there, so that what is set counts.',
})

/** D09: what runs on our port goes by another name. */
export function judgeRunningName({ name, source, port, local }: OwnListener): Finding[] {
  if (!local.ok || local.value.name === name.name) return []
  const evidence = [`127.0.0.1:${port} answers as ${local.value.name}`]
  const message = `${source} is ${name.name}, but the node on port ${port} calls itself ${local.value.name}`
  return [finding('error', NAME_OVERRIDDEN, message, { evidence })]
}

export const D09 = check({
  id: 'D09',
  group: 'environment',
  place: 4,
  title: 'what runs here has the name that was set',
  needs: ['D42', 'D24'],
  words: [NAME_OVERRIDDEN],
  look: runningNode,
  judge: judgeRunningName,
})
