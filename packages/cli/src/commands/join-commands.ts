import { type Command, Option } from 'commander'
import type { Run } from '../command.ts'
import { collect } from '../options/collect.ts'

const JOIN_EXAMPLES = `
Examples:
  Join through Consul, with RELEASE_COOKIE and ERL_DIST_PORT set by the orchestrator
  $ dynsrv join --name api-1@my-service.service.consul \\
                --service my-service.service.consul --dns 127.0.0.1:8600

  Only look who is there, on any free port, for a script
  $ dynsrv join --name probe@my-service.service.consul \\
                --service my-service.service.consul --port 0 --json

A cookie is never printed.
Exit codes: 0 left on SIGINT or SIGTERM, 1 failed, 2 bad arguments or environment.
`

const UP_EXAMPLES = `
Examples:
  As a service: Kubernetes, Nomad or systemd ask /livez and /readyz, Prometheus asks /metrics
  $ dynsrv up --service my-service.service.consul --http 0.0.0.0:9464 --min-peers 1

  Watch the cluster in a browser, at http://127.0.0.1:9464/
  $ dynsrv up --name watcher@my-service.service.consul --service my-service.service.consul --port 0 --page

  On this machine only, on any free port
  $ dynsrv up --name api-1@my-service.test --service my-service.test --port 0 --http 127.0.0.1:0

Ready means: discovery has answered, --min-peers are connected, and the node is not leaving. SIGTERM leaves in order.
Exit codes: 0 left on SIGINT or SIGTERM, 1 failed, 2 bad arguments or environment.
`

/** The commands that join a cluster and stay. */
export function joinCommands(program: Command, run: Run): void {
  joinOptions(
    program
      .command('join')
      .summary('join a cluster and show its members as they come, go or fail')
      .description('Joins a cluster found through DNS SRV and shows its members as they come, go or fail, and why.'),
  )
    .addHelpText('after', JOIN_EXAMPLES)
    .action(run(async () => (await import('../join/stay.ts')).join))

  joinOptions(
    program
      .command('up')
      .summary('join a cluster and stay, with health and metrics over HTTP')
      .description('Joins a cluster and stays; serves /livez, /readyz and /metrics over HTTP.'),
  )
    .option('--http <host:port>', 'where to serve HTTP (default: 127.0.0.1:9464)')
    .option('--min-peers <number>', 'peers that must be connected before /readyz says yes (default: 0)')
    .option('--page', 'show the cluster as a live page at /; asks for the token in DYNSRV_PAGE_TOKEN, if there is one')
    .addHelpText('after', UP_EXAMPLES)
    .action(run(async () => (await import('./up.ts')).up))
}

/** What both take. */
function joinOptions(command: Command): Command {
  return command
    .option('--name <alive@host>', 'name of this node, else RELEASE_NODE')
    .addOption(
      new Option('--service <dns name>', 'name that holds the SRV records; may be repeated').argParser(collect),
    )
    .addOption(
      new Option('--dns <host:port>', 'DNS server to ask, else those of /etc/resolv.conf; may be repeated').argParser(
        collect,
      ),
    )
    .option('--cookie-file <file>', 'file that holds the cookie, else RELEASE_COOKIE, else ~/.erlang.cookie')
    .option('--port <number>', 'port to listen on, 0 for any free one, else ERL_DIST_PORT')
    .option('--host <address>', 'address to listen on (default: all)')
    .option('--visible', 'be a visible node; hidden when left out')
    .option('--interval <time>', 'time between two polls, such as 500ms or 1m (default: 5s)')
    .option('--net-tick-time <time>', 'how long a peer may stay silent, the same on every node (default: 60s)')
    .option('--config <file>', 'settings, else dynsrv.config.{mjs,js,cjs,json} of this folder, if there is one')
    .option('--json', 'print one JSON object a line')
    .option('--plain', 'print without colours')
    .addOption(new Option('--cookie <secret>').hideHelp())
}
