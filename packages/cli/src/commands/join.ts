import type { Command } from '../command.ts'
import { loadConfig } from '../config/load-config.ts'
import { joinOptions } from '../join/join-options.ts'
import { type JoinOptions, stay } from '../join/stay.ts'

/**
 * Joins a cluster and shows its members until a signal asks it to leave.
 *
 * @returns the exit code
 */
export async function join(options: JoinOptions): Promise<number> {
  return await stay(options, await loadConfig(options.config))
}

export const command: Command = {
  summary: 'join a cluster and show its members as they come, go or fail',
  group: 'Be a member',
  place: 1,
  declare: (declared, { runs }) =>
    joinOptions(
      declared.description(
        'Joins a cluster found through DNS SRV and shows its members as they come, go or fail, and why.',
      ),
    )
      .addHelpText('after', HELP)
      .action(runs(join)),
}

const HELP = `
Examples:
  Join through Consul, with RELEASE_COOKIE and ERL_DIST_PORT set by the orchestrator
  $ dynsrv join --name api-1@my-service.service.consul \\
                --service my-service.service.consul --dns 127.0.0.1:8600

  Only look which members are there, on any free port, for a script
  $ dynsrv join --name probe@my-service.service.consul \\
                --service my-service.service.consul --port 0 --json

A cookie is never printed.
Exit codes: 0 left on SIGINT or SIGTERM, 1 failed, 2 bad arguments or environment.
`
