import type { Command } from 'commander'
import { repeated, withCookieFile, withPortName, withPrinting, withSettings } from '../options/command-options.ts'

/** What `join` and `up` take. */
export function joinOptions(command: Command): Command {
  const which = withSettings(command)
    .option('--name <alive@host>', 'name of this node, else RELEASE_NODE')
    .addOption(repeated('--service <dns name>', 'name that holds the SRV records; may be repeated'))
    .addOption(repeated('--dns <host:port>', 'DNS server to ask, else those of /etc/resolv.conf; may be repeated'))
  const how = withCookieFile(withPortName(which))
    .option('--port <number>', 'port to listen on, 0 for any free one, else ERL_DIST_PORT')
    .option('--host <address>', 'address to listen on (default: all)')
    .option('--visible', 'be a visible node; hidden when left out')
    .option('--interval <time>', 'time between two polls, such as 500ms or 1m (default: 5s)')
    .option('--net-tick-time <time>', 'how long a peer may stay silent, the same on every node (default: 60s)')
  return withPrinting(how)
}
