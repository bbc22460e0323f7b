import type { Command } from 'commander'
import type { Run } from '../command.ts'
import { FOOT, withCookie, withDns, withOutput, withPeer, withService } from '../options/command-options.ts'
import { withConfig } from '../peer/with-config.ts'

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
    .action(run(async () => withConfig((await import('./ping.ts')).ping)))

  withOutput(
    withDns(
      program
        .command('resolve')
        .summary('show each step of the lookup of a node')
        .description('Shows how a node name becomes addresses: each question, who answered it, and what came.')
        .argument('<node>', 'name of the node, such as api-1@my-service.service.consul'),
    ).option('--epmd', 'ask the epmd of its host instead (ERL_EPMD_PORT, else 4369)'),
  )
    .addHelpText(
      'after',
      `
Examples:
  $ dynsrv resolve api-1@my-service.service.consul --dns 127.0.0.1:8600
  $ dynsrv resolve api-1@10.0.0.5 --epmd

Exit codes: 0 found, 1 not found or not answered, 2 bad arguments.
`,
    )
    .action(run(async () => withConfig((await import('./resolve.ts')).resolve)))

  withOutput(
    withService(
      program
        .command('names')
        .summary('list the members that SRV records or an epmd name')
        .description('Lists the members that the SRV records of a service, or the epmd of a host, name; dials none.'),
    ),
  )
    .addHelpText(
      'after',
      `
Examples:
  $ dynsrv names --service my-service.service.consul --dns 127.0.0.1:8600
  $ dynsrv names --epmd 10.0.0.5

Exit codes: 0 answered, also when there is no member; 1 not answered, 2 bad arguments.
`,
    )
    .action(run(async () => withConfig((await import('./names.ts')).names)))

  withOutput(
    withCookie(
      withService(
        program
          .command('nodes')
          .summary('dial the members: visible or hidden, OTP release, latency, why missing')
          .description(
            'Dials every member and shows whether it is visible or hidden, what it runs, and why it is missing.',
          ),
      ),
    ),
  )
    .addHelpText(
      'after',
      `
Examples:
  $ dynsrv nodes --service my-service.service.consul --dns 127.0.0.1:8600
  $ dynsrv nodes --epmd 10.0.0.5 --json

${FOOT}
Exit codes: 0 all answered, 1 one did not or there is none, 2 bad arguments or environment.
`,
    )
    .action(run(async () => withConfig((await import('./nodes.ts')).nodes)))

  withOutput(
    withCookie(
      withService(
        program
          .command('watch')
          .summary('the same, live: who comes, goes, slows down, and why')
          .description(
            'Dials every member again and again; a live table on a terminal, a line for each change elsewhere.',
          ),
      ),
    ).option('--interval <time>', 'time between two looks', '2s'),
  )
    .addHelpText(
      'after',
      `
Examples:
  $ dynsrv watch --service my-service.service.consul --dns 127.0.0.1:8600
  $ dynsrv watch --service my-service.service.consul --json | jq -r 'select(.up | not) | .name'

${FOOT}
Exit codes: 0 stopped by SIGINT or SIGTERM, 2 bad arguments or environment.
`,
    )
    .action(run(async () => withConfig((await import('./watch.ts')).watch)))

  withOutput(
    withCookie(
      withService(
        program
          .command('wait')
          .summary('wait until so many members answer')
          .description('Waits until so many members can be reached, for scripts and health checks.'),
      ),
    )
      .option('--nodes <count>', 'how many must answer', '1')
      .option('--interval <time>', 'time between two tries', '500ms'),
    { timeout: '30s', what: 'how long to wait, such as 10s or 2m' },
  )
    .addHelpText(
      'after',
      `
Examples:
  $ dynsrv wait --nodes 3 --service my-service.service.consul --timeout 30s && ./migrate

${FOOT}
Exit codes: 0 they answered, 1 the time was over and why, 2 bad arguments or environment.
`,
    )
    .action(run(async () => withConfig((await import('./wait.ts')).wait)))
}
