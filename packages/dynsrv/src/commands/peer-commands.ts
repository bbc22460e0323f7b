import { type Command, Option } from 'commander'
import { collect } from './collect.ts'

/** Makes the action of a command from what loads it, so that each is imported only when it runs. */
export type Run = <Options>(
  load: () => Promise<(options: Options, ...operands: string[]) => Promise<number>>,
) => (...given: unknown[]) => Promise<void>

const FOOT = 'A cookie is never printed. The node that asks is hidden, listens nowhere and is gone afterwards.'

/** Declares the commands that talk to peers. */
export function peerCommands(program: Command, run: Run): void {
  withPeer(
    program
      .command('ping')
      .summary('reach a node step by step, and say what is wrong when it fails')
      .description('Reaches a node step by step: address, connection, its own word who it is, cookie, answer.')
      .argument('<node>', 'name of the node, such as api-1@my-service.service.consul'),
  )
    .addHelpText(
      'after',
      `
Examples:
  Through the SRV records of a Consul agent
  $ dynsrv ping api-1@my-service.service.consul --dns 127.0.0.1:8600

  Through the epmd of its host, or at an address that you know
  $ dynsrv ping api-1@10.0.0.5 --epmd
  $ dynsrv ping api-1@my-service.test --at 10.0.0.5:4370 --json

${FOOT}
Exit codes: 0 it answered, 1 it did not and why, 2 bad arguments or environment.
`,
    )
    .action(run(async () => (await import('./ping.ts')).ping))
}

/** The options of every command that talks to one peer. */
function withPeer(command: Command): Command {
  return withOutput(
    withCookie(
      withDns(command)
        .option('--epmd', 'ask the epmd of its host instead (ERL_EPMD_PORT, else 4369)')
        .option('--at <host:port>', 'look nothing up, dial this address'),
    ),
  )
}

function withDns(command: Command): Command {
  return command.addOption(
    new Option('--dns <host:port>', 'DNS server to ask for SRV records, else those of /etc/resolv.conf').argParser(
      collect,
    ),
  )
}

function withCookie(command: Command): Command {
  return command
    .option('--cookie-file <file>', 'file that holds the cookie, else RELEASE_COOKIE, else ~/.erlang.cookie')
    .option('--name <alive@host>', 'name of the node that asks (default: a random one)')
    .addOption(new Option('--cookie <secret>').hideHelp())
}

function withOutput(command: Command): Command {
  return command
    .option('--timeout <time>', 'how long to wait for each step, such as 500ms or 10s', '5s')
    .option('--json', 'print one JSON object a line')
    .option('--plain', 'print without colours')
}
