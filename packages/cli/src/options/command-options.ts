import { type Command, Option } from 'commander'
import { collect } from './collect.ts'

/** Puts the options that `declare` adds under a heading of the help. */
function under(heading: string, command: Command, declare: (command: Command) => Command): Command {
  const before = command.options.length
  declare(command)
  for (const option of command.options.slice(before)) option.helpGroup(heading)
  return command
}

const WHERE = 'Where to look:'
const WHO = 'Who asks:'
const HOW = 'How:'

/** What stands under the help of every command that talks to peers. */
export const FOOT = 'A cookie is never printed. The node that asks is hidden, listens nowhere and is gone afterwards.'

/** The options of every command that talks to one peer. */
export function withPeer(command: Command): Command {
  return withOutput(
    withCookie(
      under(WHERE, withDns(command), (asked) =>
        asked
          .option('--epmd', 'ask the epmd of its host instead (ERL_EPMD_PORT, else 4369)')
          .option('--at <host:port>', 'dial this address without a lookup'),
      ),
    ),
  )
}

/** The options of every command that lists members. */
export function withService(command: Command): Command {
  return under(WHERE, command, (asked) =>
    withDns(asked.option('--service <dns name>', 'name that holds the SRV records')).option(
      '--epmd <host>',
      'list the nodes of the epmd of this host instead (ERL_EPMD_PORT, else 4369)',
    ),
  )
}

/** The DNS servers to ask. */
export function withDns(command: Command): Command {
  return under(WHERE, command, (asked) =>
    withPortName(
      asked.addOption(
        repeated('--dns <host:port>', 'DNS server to ask for SRV records, else those of /etc/resolv.conf'),
      ),
    ),
  )
}

/** Which of several ports of a service is meant. */
export function withPortName(command: Command): Command {
  return command.option('--port-name <name>', 'name of the port, for a service that has SRV records for several')
}

/** An option that may be given more than once, or once with commas. */
export function repeated(flags: string, description: string): Option {
  return new Option(flags, description).argParser(collect)
}

/** The cookie, and the name of the node that asks. */
export function withCookie(command: Command): Command {
  return under(WHO, withCookieFile(command), (asked) =>
    asked.option('--name <alive@host>', 'name of the node that asks (default: a random one)'),
  )
}

/** The cookie. One on the command line is refused, with the reason. */
export function withCookieFile(command: Command): Command {
  return under(WHO, command, (asked) =>
    asked
      .option('--cookie-file <file>', 'file that holds the cookie, else RELEASE_COOKIE, else ~/.erlang.cookie')
      .addOption(new Option('--cookie <secret>').hideHelp()),
  )
}

/** How to print. */
export function withPrinting(command: Command): Command {
  return under(HOW, command, (asked) =>
    asked.option('--json', 'print one JSON object a line').option('--plain', 'print without colours'),
  )
}

/** The configuration file. */
export function withSettings(command: Command): Command {
  return under(HOW, command, (asked) =>
    asked
      .option('--config <file>', 'settings, else dynsrv.config.{mjs,js,cjs,json} of this folder, which may be code')
      .option('--no-config', 'read no settings'),
  )
}

/** How long to wait, and how to print. */
export function withOutput(
  command: Command,
  { timeout = '5s', what = 'how long to wait for each step, such as 500ms or 10s' } = {},
): Command {
  return withPrinting(under(HOW, withSettings(command), (asked) => asked.option('--timeout <time>', what, timeout)))
}

/** What stands under the help of every command that takes terms. */
export const SYNTAX =
  'Terms are read as Elixir when the name before them is Elixir (MyApp.Store, :lists), else as Erlang.'

/** The options of every command that speaks in terms with one peer. */
export function withTerms(command: Command): Command {
  return under(HOW, withPeer(command), (asked) =>
    asked.addOption(
      new Option('--syntax <syntax>', 'read and print terms as erlang, elixir or json')
        .choices(['erlang', 'elixir', 'json'])
        // The command itself refuses others, as it does those of a configuration file.
        .argParser((syntax) => syntax),
    ),
  )
}

/** The function of a node that a command calls, and its arguments. */
export function withFunction(command: Command): Command {
  return command
    .argument('<node>')
    .argument('<module>', 'lists, or MyApp.Store for an Elixir module')
    .argument('<function>')
    .argument('[args...]', 'terms, one each')
}
