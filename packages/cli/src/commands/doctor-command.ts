import { type Command, Option } from 'commander'
import type { Run } from '../command.ts'
import { collect } from '../options/collect.ts'

const HELP = `
Examples:
  The whole cluster, found through a Consul agent
  $ dynsrv doctor --service my-service.service.consul --dns 127.0.0.1:8600

  On the machine of a node that does not join, with the environment of its release
  $ dynsrv doctor --name api-1@my-service.service.consul --port 4370

  One peer, a Compose file, and every few seconds what has changed
  $ dynsrv doctor --peer api-1@my-service.service.consul
  $ dynsrv doctor --compose docker-compose.yml
  $ dynsrv doctor --watch --json

Read from the environment: RELEASE_NODE, RELEASE_COOKIE, RELEASE_DISTRIBUTION, ERL_DIST_PORT, DYNSRV_DNS.
A cookie is never printed. Peers are knocked at as a hidden node that listens nowhere and is gone afterwards.
Exit codes: 0 nothing is wrong, 1 something keeps nodes apart, 2 bad arguments, 3 warnings only, 130 interrupted.
With --watch the last look counts.
`

/** Declares `dynsrv doctor`. */
export function doctorCommand(program: Command, run: Run): void {
  program
    .command('doctor')
    .summary('find out why a cluster does not form: what is wrong, how it was seen, what to do')
    .description(
      'Looks at this host, DNS, every peer and the mesh, and says what is wrong, how it was seen and what to do.',
    )
    .option('--name <alive@host>', 'name of the node of this machine, else RELEASE_NODE')
    .addOption(
      new Option(
        '--service <dns name>',
        'name that holds the SRV records, else the host of our own name; may be repeated',
      ).argParser(collect),
    )
    .addOption(
      new Option(
        '--dns <host:port>',
        'DNS server to ask, else DYNSRV_DNS, else those of /etc/resolv.conf; may be repeated',
      ).argParser(collect),
    )
    .addOption(new Option('--peer <alive@host>', 'look at this peer only; may be repeated').argParser(collect))
    .option('--compose <file>', 'look at a docker-compose.yml')
    .option('--cookie-file <file>', 'file that holds the cookie, else RELEASE_COOKIE, else ~/.erlang.cookie')
    .option('--port <number>', 'port that the node of this machine listens on, else ERL_DIST_PORT')
    .option('--config <file>', 'settings, else dynsrv.config.{mjs,js,cjs,json} of this folder, if there is one')
    .option('--interval <time>', 'time between two polls of a node, and between two rounds of --watch (default: 5s)')
    .option('--timeout <time>', 'how long to wait for each step, such as 500ms or 10s', '5s')
    .option('--tls', 'the cluster distributes over TLS')
    .option('--cacert <file>', 'certificates that sign those of the nodes (with --tls)')
    .option('--cert <file>', 'our certificate (with --tls)')
    .option('--key <file>', 'its key (with --tls)')
    .option('--gossip [secret-file]', 'listen for the gossip of libcluster too')
    .option('--fingerprint', 'show a fingerprint of our cookie, to compare with that of another machine')
    .option('--watch', 'look again and again, and tell what changes')
    .option('--all', 'show every check')
    .option('--json', 'print one JSON object a line')
    .option('--plain', 'print without colours')
    .addOption(new Option('--cookie <secret>').hideHelp())
    .addHelpText('after', HELP)
    .action(run(async () => (await import('./doctor.ts')).doctor))
}
