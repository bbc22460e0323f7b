import { type Command, Option } from 'commander'
import { collect } from '../options/collect.ts'
import { withSettings } from '../options/command-options.ts'

/** What `join` and `up` take. */
export function joinOptions(command: Command): Command {
  return withSettings(command)
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
    .option('--json', 'print one JSON object a line')
    .option('--plain', 'print without colours')
    .addOption(new Option('--cookie <secret>').hideHelp())
}
