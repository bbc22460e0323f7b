import type { Report } from '@dynsrv/doctor'
import { checksFor, diagnose, type Incarnation, type MemberState, verdictKey, worst } from '@dynsrv/doctor'
import type { Command } from '../command.ts'
import { type DoctorCommandOptions, doctorOptions } from '../doctor/doctor-options.ts'
import { doctorView, type ShownReport } from '../doctor/doctor-view.ts'
import { repeated, withCookieFile, withPrinting, withSettings } from '../options/command-options.ts'
import { EXIT_FAILED, EXIT_OK } from '../terminal/exit-code.ts'
import { exitSignal } from '../terminal/exit-signal.ts'
import { clock } from '../world.ts'

/** Nothing keeps nodes apart, but something will cause trouble later. */
const EXIT_WARNINGS = 3

/**
 * Examines a cluster and says what is wrong.
 *
 * @returns the exit code: 0 nothing is wrong, 1 something keeps nodes apart, 3 warnings only, 130 interrupted
 * @throws {DynsrvError} for an argument with which nothing can be looked at
 */
export async function doctor(options: DoctorCommandOptions): Promise<number> {
  const asked = await doctorOptions(options)
  const view = doctorView(options)
  using exit = exitSignal()
  view.begin(asked, checksFor(asked))
  if (options.watch !== true) {
    // Only the terminal has to be given back.
    exit.endsProcess(() => view.interrupted())
    const report = await diagnose(asked, (result) => view.done(result))
    view.end(report)
    return exitCode(report)
  }
  let first: ShownReport | undefined
  let last: ShownReport | undefined
  let rounds: readonly ReadonlyMap<string, MemberState>[] = []
  let incarnations: ReadonlyMap<string, Incarnation> = new Map()
  while (!exit.signal.aborted) {
    const file = first?.resolvConf
    const seen = { ...asked, rounds, incarnations, ...(file !== undefined && { firstResolvConf: file }) }
    const found = await diagnose(seen, (result) => last === undefined && view.done(result))
    const report = { ...found, since: sinceWhen(found, last) }
    if (last === undefined) view.end(report)
    else view.changed(last, report)
    first ??= report
    last = report
    incarnations = report.incarnations ?? incarnations
    if (report.members !== undefined) rounds = [...rounds, report.members].slice(-ROUNDS_KEPT)
    await exit.pause(asked.intervalMs)
  }
  return last === undefined ? EXIT_OK : exitCode(last)
}

/** A member that has been stable for so many rounds no longer flaps. */
const ROUNDS_KEPT = 12

function sinceWhen({ verdicts: found }: Report, before: ShownReport | undefined): ReadonlyMap<string, number> {
  const now = clock.now()
  return new Map(found.map(verdictKey).map((key) => [key, before?.since?.get(key) ?? now]))
}

function exitCode({ verdicts: found }: Report): number {
  const gravest = worst(found)
  if (gravest === 'error') return EXIT_FAILED
  return gravest === 'warning' ? EXIT_WARNINGS : EXIT_OK
}

export const command: Command = {
  summary: 'find out why a cluster does not form: what is wrong, how it was seen, what to do',
  group: 'See what is there, and what is wrong',
  place: 3,
  declare: (declared, { runs }) =>
    withPrinting(
      withCookieFile(withSettings(declared))
        .description(
          'Looks at this host, DNS, every peer and the mesh, and says what is wrong, how it was seen and what to do.',
        )
        .option('--name <alive@host>', 'name of the node of this machine, else RELEASE_NODE')
        .addOption(
          repeated(
            '--service <dns name>',
            'name that holds the SRV records, else the host of our own name; may be repeated',
          ),
        )
        .addOption(
          repeated(
            '--dns <host:port>',
            'DNS server to ask, else DYNSRV_DNS, else those of /etc/resolv.conf; may be repeated',
          ),
        )
        .option('--port-name <name>', 'name of the port, for a service with several, else DYNSRV_PORT_NAME')
        .addOption(repeated('--peer <alive@host>', 'look at this peer only; may be repeated'))
        .addOption(
          repeated(
            '--compose <file>',
            'look at a Compose file, - for standard input; may be repeated, later ones override the ones before',
          ),
        )
        .option('--port <number>', 'port that the node of this machine listens on, else ERL_DIST_PORT')
        .option(
          '--interval <time>',
          'time between two polls of a node, and between two rounds of --watch (default: 5s)',
        )
        .option('--timeout <time>', 'how long to wait for each step, such as 500ms or 10s', '5s')
        .option('--tls', 'the cluster distributes over TLS')
        .option('--cacert <file>', 'certificates that sign those of the nodes (with --tls)')
        .option('--cert <file>', 'our certificate (with --tls)')
        .option('--key <file>', 'its key (with --tls)')
        .option('--gossip [secret-file]', 'listen for the gossip of libcluster too')
        .option('--fingerprint', 'show a fingerprint of our cookie, to compare with that of another machine')
        .option('--watch', 'look again and again, and show what changes')
        .option('--all', 'show every check'),
    )
      .addHelpText('after', HELP)
      .action(runs(doctor)),
}

const HELP = `
Examples:
  The whole cluster, found through a Consul agent
  $ dynsrv doctor --service my-service.service.consul --dns 127.0.0.1:8600

  On the machine of a node that does not join, with the environment of its release
  $ dynsrv doctor --name api-1@my-service.service.consul --port 4370

  One peer; a Compose file; again and again, with what has changed
  $ dynsrv doctor --peer api-1@my-service.service.consul
  $ dynsrv doctor --compose docker-compose.yml --compose docker-compose.prod.yml
  $ dynsrv doctor --watch --json

Read from the environment: RELEASE_NODE, RELEASE_COOKIE, RELEASE_DISTRIBUTION, ERL_DIST_PORT, DYNSRV_DNS,
DYNSRV_PORT_NAME.
A cookie is never printed. Peers see a hidden node that listens nowhere and is gone afterwards.
Exit codes: 0 nothing is wrong, 1 something keeps nodes apart, 2 bad arguments, 3 warnings only, 130 interrupted.
With --watch, the last round counts.
`
