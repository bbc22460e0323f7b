import { basename, relative } from 'node:path'
import type { DemoCluster } from './demo-cluster.ts'
import type { DemoEvent } from './demo-event.ts'

export const JAVASCRIPT_GUEST = 'guest-js'
export const ERLANG_GUEST = 'guest-erl'

type Keep = Extract<DemoEvent, { type: 'keep' }>

/** The command lines with which another node joins from another terminal, ready to paste. */
export function guestCommands(cluster: DemoCluster, ports: { javascript: number; erlang: number }): Keep[] {
  const { service, dns, cookieFile, erlang } = cluster
  const javascript: Keep = {
    type: 'keep',
    title: 'Another JavaScript node, from another terminal:',
    command: [
      `${dynsrvCommand()} join --name ${JAVASCRIPT_GUEST}@${service} --service ${service}`,
      `--dns ${dns} --port ${ports.javascript} --cookie-file ${quoted(cookieFile)}`,
    ].join(' \\\n  '),
  }
  if (!erlang.found) return [javascript]
  return [
    javascript,
    {
      type: 'keep',
      title: 'Another Erlang node, from another terminal:',
      command: [
        `ERL_DIST_PORT=${ports.erlang} DYNSRV_DNS=${dns}`,
        `erl -name ${ERLANG_GUEST}@${service} -setcookie "$(cat ${quoted(cookieFile)})"`,
        `-pa ${quoted(erlang.companion)} -start_epmd false -epmd_module dynsrv_epmd`,
      ].join(' \\\n  '),
      afterwards: `nodes(connected).   {echo, 'api-1@${service}'} ! {self(), hello}, receive Answer -> Answer end.`,
    },
  ]
}

/** The command line of a demo that stays up. */
export function keepCommand(): string {
  return process.env.npm_lifecycle_event === 'demo' ? 'npm run demo -- --keep' : `${dynsrvCommand()} demo --keep`
}

/** How the user can call this program again: as it was called now, or by the way that npm offers. */
function dynsrvCommand(): string {
  if (process.env.npm_command !== undefined) return 'npx dynsrv'
  const script = process.argv[1] ?? 'dynsrv'
  return basename(script) === 'dynsrv' ? 'dynsrv' : `node ${quoted(relative(process.cwd(), script))}`
}

/** A path as a shell reads it. */
function quoted(path: string): string {
  return /^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
