import type { Command } from '../command.ts'
import { FOOT, SYNTAX, withFunction, withTerms } from '../options/command-options.ts'
import { withConfig } from '../peer/with-config.ts'
import { withNode } from '../peer/with-node.ts'
import { raised, resultText } from '../term/printed.ts'
import { type CallOptions, functionOf } from '../term/written-call.ts'
import { writeLine } from '../terminal/output.ts'

/** Calls a function of a node and prints what it returns. @returns the exit code */
export async function call(options: CallOptions, node: string, module: string, fun: string, ...given: string[]) {
  const { syntax, name, args } = functionOf(options, module, fun, given)
  return withNode(options, node, async (us, peer, timeoutMs, masked) => {
    try {
      writeLine(masked(resultText(await us.erpc(peer, name.module, name.fun, args, { timeoutMs }), syntax, options)))
    } catch (error) {
      throw raised(error, `${module}.${fun}/${args.length}`, peer, masked)
    }
  })
}

export const command: Command = {
  summary: 'call a function of a node and print what it returns',
  group: 'Talk to a node',
  place: 10,
  declare: (declared, { runs }) =>
    withTerms(withFunction(declared.description('Calls a function of a node (erpc) and prints what it returns.')))
      .addHelpText('after', HELP)
      .action(runs(withConfig(['dns', 'link'], call))),
}

const HELP = `
Examples:
  $ dynsrv call api-1@my-service.test lists reverse '[1, {a, <<"b">>}]'
  $ dynsrv call api-1@my-service.test MyApp.Store put '"key"' '%{count: 1}'
  $ dynsrv call api-1@my-service.test erlang abs --syntax json -- -1

${SYNTAX}
${FOOT}
Exit codes: 0 the function returned, 1 it raised or the node was not reached, 2 bad arguments or environment.
`
