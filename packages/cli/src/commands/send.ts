import { atom } from '@dynsrv/etf'
import type { Command } from '../command.ts'
import { FOOT, SYNTAX, withTerms } from '../options/command-options.ts'
import { withConfig } from '../peer/with-config.ts'
import { withNode } from '../peer/with-node.ts'
import { parseTerm } from '../term/parse-term.ts'
import { atomName, type CallOptions, sendable, syntaxOf } from '../term/written-call.ts'
import { writeJson } from '../terminal/output.ts'

/** Sends a message to a registered process. @returns the exit code */
export async function send(options: CallOptions, node: string, receiver: string, text: string) {
  const name = atomName(receiver)
  const [, message] = sendable(() => [atom(name), parseTerm(text, syntaxOf(options, receiver))] as const)
  return withNode(options, node, async (us, peer, timeoutMs) => {
    us.send({ name, node: peer }, message)
    await us.ping(peer, { timeoutMs })
    if (options.json === true) writeJson({ sent: true })
  })
}

export const command: Command = {
  summary: 'send a message to a registered process of a node',
  group: 'Talk to a node',
  place: 12,
  declare: (declared, { runs }) =>
    withTerms(
      declared
        .description('Sends a message to a registered process of a node; whether it exists is not shown.')
        .argument('<node>')
        .argument('<process>', 'registered name: logger, or MyApp.Store')
        .argument('<message>', 'a term'),
    )
      .addHelpText('after', HELP)
      .action(runs(withConfig(['dns', 'link'], send))),
}

const HELP = `
Examples:
  $ dynsrv send api-1@my-service.test my_server '{refresh, all}'
  $ dynsrv send api-1@my-service.test MyApp.Server '{:refresh, "all"}' --dns 127.0.0.1:8600

${SYNTAX}
${FOOT}
Exit codes: 0 the node got it, 1 the node was not reached, 2 bad arguments or environment.
`
