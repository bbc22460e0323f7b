import type { Command } from '../command.ts'
import { FOOT, SYNTAX, withFunction, withTerms } from '../options/command-options.ts'
import { withConfig } from '../peer/with-config.ts'
import { withNode } from '../peer/with-node.ts'
import { type CallOptions, functionOf } from '../term/written-call.ts'
import { writeJson } from '../terminal/output.ts'

/** Calls a function of a node without waiting for what it returns. @returns the exit code */
export async function cast(options: CallOptions, node: string, module: string, fun: string, ...given: string[]) {
  const { name, args } = functionOf(options, module, fun, given)
  return withNode(options, node, async (us, peer, timeoutMs) => {
    us.erpcCast(peer, name.module, name.fun, args)
    // Signals keep their order: an answer to what is asked next says that this one has arrived.
    await us.ping(peer, { timeoutMs })
    if (options.json === true) writeJson({ sent: true })
  })
}

export const command: Command = {
  summary: 'call a function of a node without waiting for it',
  group: 'Talk to a node',
  place: 11,
  declare: (declared, { runs }) =>
    withTerms(
      withFunction(
        declared.description('Calls a function of a node without waiting for it; whether it worked is not shown.'),
      ),
    )
      .addHelpText('after', HELP)
      .action(runs(withConfig(['dns', 'link'], cast))),
}

const HELP = `
Examples:
  $ dynsrv cast api-1@my-service.test MyApp.Cache clear
  $ dynsrv cast api-1@my-service.test logger notice '"hello"' --dns 127.0.0.1:8600

${SYNTAX}
${FOOT}
Exit codes: 0 the node got it, 1 the node was not reached, 2 bad arguments or environment.
`
