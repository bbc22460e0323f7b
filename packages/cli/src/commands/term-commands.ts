import type { Command } from 'commander'
import type { Run } from '../command.ts'
import { FOOT, withPeer } from '../options/command-options.ts'
import { withConfig } from '../peer/with-config.ts'

/** Declares the commands that speak in terms. */
export function termCommands(program: Command, run: Run): void {
  withTerms(
    program
      .command('call')
      .summary('call a function of a node and print what it returns')
      .description('Calls a function of a node (erpc) and prints what it returns.')
      .argument('<node>')
      .argument('<module>', 'lists, or MyApp.Store for an Elixir module')
      .argument('<function>')
      .argument('[args...]', 'terms, one each'),
  )
    .addHelpText(
      'after',
      `
Examples:
  $ dynsrv call api-1@my-service.test lists reverse '[1, {a, <<"b">>}]'
  $ dynsrv call api-1@my-service.test MyApp.Store put '"key"' '%{count: 1}'
  $ dynsrv call api-1@my-service.test erlang abs --syntax json -- -1

${SYNTAX}
${FOOT}
Exit codes: 0 it returned, 1 it raised or was not reached, 2 bad arguments or environment.
`,
    )
    .action(run(async () => withConfig((await import('./call.ts')).call)))

  withTerms(
    program
      .command('cast')
      .summary('call a function of a node without waiting for it')
      .description('Calls a function of a node without waiting for it; whether it worked is not told.')
      .argument('<node>')
      .argument('<module>', 'lists, or MyApp.Store for an Elixir module')
      .argument('<function>')
      .argument('[args...]', 'terms, one each'),
  )
    .addHelpText(
      'after',
      `
Examples:
  $ dynsrv cast api-1@my-service.test MyApp.Cache clear

${SYNTAX}
${FOOT}
Exit codes: 0 the node has it, 1 it was not reached, 2 bad arguments or environment.
`,
    )
    .action(run(async () => withConfig((await import('./call.ts')).cast)))

  withTerms(
    program
      .command('send')
      .summary('send a message to a registered process of a node')
      .description('Sends a message to a registered process of a node; whether there is one is not told.')
      .argument('<node>')
      .argument('<process>', 'registered name: logger, or MyApp.Store')
      .argument('<message>', 'a term'),
  )
    .addHelpText(
      'after',
      `
Examples:
  $ dynsrv send api-1@my-service.test my_server '{refresh, all}'

${SYNTAX}
${FOOT}
Exit codes: 0 the node has it, 1 it was not reached, 2 bad arguments or environment.
`,
    )
    .action(run(async () => withConfig((await import('./call.ts')).send)))

  withTerms(
    program
      .command('eval')
      .summary('evaluate an expression at a BEAM node')
      .description('Evaluates an Erlang expression at a BEAM node, or an Elixir one with --syntax elixir.')
      .argument('<node>')
      .argument('<expression>'),
  )
    .addHelpText(
      'after',
      `
Examples:
  $ dynsrv eval api-1@my-service.test 'length(processes())'
  $ dynsrv eval api-1@my-service.test 'Enum.sum(1..10)' --syntax elixir

${FOOT}
Exit codes: 0 it has a value, 1 it raised or was not reached, 2 bad arguments, environment or syntax.
`,
    )
    .action(run(async () => withConfig((await import('./call.ts')).evaluate)))
}

const SYNTAX = 'Terms are read as Elixir when the name before them is written so (MyApp.Store, :lists), else as Erlang.'

function withTerms(command: Command): Command {
  return withPeer(command).option('--syntax <syntax>', 'read and print terms as erlang, elixir or json')
}
