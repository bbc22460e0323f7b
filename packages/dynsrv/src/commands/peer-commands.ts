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
    .action(run(async () => (await import('./resolve.ts')).resolve))

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
    .action(run(async () => (await import('./names.ts')).names))

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
    .action(run(async () => (await import('./nodes.ts')).nodes))

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
    .action(run(async () => (await import('./wait.ts')).wait))
}

/** Declares the commands that speak in terms. */
export function termCommands(program: Command, run: Run): void {
  withTerms(
    program
      .command('call')
      .summary('call a function of a node and print what it returns')
      .description('Calls a function of a node (erpc) and prints what it returns.')
      .argument('<node>')
      .argument('<module>', 'lists, or MyApp.Store for an Elixir module')
      .argument('<function>')
      .argument('[args...]', 'terms, one each'),
  )
    .addHelpText(
      'after',
      `
Examples:
  $ dynsrv call api-1@my-service.test lists reverse '[1, {a, <<"b">>}]'
  $ dynsrv call api-1@my-service.test MyApp.Store put '"key"' '%{count: 1}'
  $ dynsrv call api-1@my-service.test erlang abs --syntax json -- -1

${SYNTAX}
${FOOT}
Exit codes: 0 it returned, 1 it raised or was not reached, 2 bad arguments or environment.
`,
    )
    .action(run(async () => (await import('./call.ts')).call))

  withTerms(
    program
      .command('cast')
      .summary('call a function of a node without waiting for it')
      .description('Calls a function of a node without waiting for it; whether it worked is not told.')
      .argument('<node>')
      .argument('<module>', 'lists, or MyApp.Store for an Elixir module')
      .argument('<function>')
      .argument('[args...]', 'terms, one each'),
  )
    .addHelpText(
      'after',
      `
Examples:
  $ dynsrv cast api-1@my-service.test MyApp.Cache clear

${SYNTAX}
${FOOT}
Exit codes: 0 the node has it, 1 it was not reached, 2 bad arguments or environment.
`,
    )
    .action(run(async () => (await import('./call.ts')).cast))

  withTerms(
    program
      .command('send')
      .summary('send a message to a registered process of a node')
      .description('Sends a message to a registered process of a node; whether there is one is not told.')
      .argument('<node>')
      .argument('<process>', 'registered name: logger, or MyApp.Store')
      .argument('<message>', 'a term'),
  )
    .addHelpText(
      'after',
      `
Examples:
  $ dynsrv send api-1@my-service.test my_server '{refresh, all}'

${SYNTAX}
${FOOT}
Exit codes: 0 the node has it, 1 it was not reached, 2 bad arguments or environment.
`,
    )
    .action(run(async () => (await import('./call.ts')).send))

  withTerms(
    program
      .command('eval')
      .summary('evaluate an expression at a BEAM node')
      .description('Evaluates an Erlang expression at a BEAM node, or an Elixir one with --syntax elixir.')
      .argument('<node>')
      .argument('<expression>'),
  )
    .addHelpText(
      'after',
      `
Examples:
  $ dynsrv eval api-1@my-service.test 'length(processes())'
  $ dynsrv eval api-1@my-service.test 'Enum.sum(1..10)' --syntax elixir

${FOOT}
Exit codes: 0 it has a value, 1 it raised or was not reached, 2 bad arguments, environment or syntax.
`,
    )
    .action(run(async () => (await import('./call.ts')).evaluate))
}

/** Declares the commands that stand for a tool of Erlang's own. */
export function localCommands(program: Command, run: Run): void {
  program
    .command('epmd')
    .summary('serve the names of the nodes of this machine, as epmd does')
    .description("Serves the names of this machine's nodes as Erlang's epmd does, byte for byte.")
    .option('--port <number>', 'port to listen on, else ERL_EPMD_PORT, else 4369')
    .addOption(
      new Option('--host <address>', 'address to listen on beside 127.0.0.1; may be repeated').argParser(collect),
    )
    .option('--json', 'print one JSON object a line')
    .option('--plain', 'print without colours')
    .addHelpText(
      'after',
      `
Examples:
  $ dynsrv epmd
  $ dynsrv epmd --host 0.0.0.0      for nodes of other machines too

Only nodes of this machine may register.
Exit codes: 0 stopped by SIGINT, SIGTERM or epmd -kill, 2 bad arguments or the port is taken.
`,
    )
    .action(run(async () => (await import('./epmd.ts')).epmd))

  program
    .command('decode')
    .summary('show a term, or a captured link packet by packet')
    .description('Shows a term, or one direction of a captured distribution stream, packet by packet.')
    .argument('<hex|file>', 'hexadecimal digits, or a file of bytes or of such digits')
    .option('--elixir', 'write terms as Elixir does')
    .option('--json', 'print one JSON object a line')
    .option('--plain', 'print without colours')
    .addHelpText(
      'after',
      `
Examples:
  $ dynsrv decode 836802770261626100
  $ dynsrv decode capture.bin

A stream begins with its handshake or at a frame; columns are offset, bytes, kind and content.
Exit codes: 0 shown, 1 the bytes break the format, 2 bad arguments.
`,
    )
    .action(run(async () => (await import('./decode.ts')).decode))

  program
    .command('cookie')
    .summary('make a cookie: dynsrv cookie new')
    .description("Makes a cluster's secret.")
    .command('new')
    .description('Prints a random cookie of 256 bits, or puts it into a new file that only its owner can read.')
    .option('--file <file>', 'write it there, mode 0400, and do not print it')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  $ dynsrv cookie new --file ~/.erlang.cookie
  $ RELEASE_COOKIE=$(dynsrv cookie new) bin/my_app start

This is the one command that prints a cookie.
Exit codes: 0 made, 2 the file is there already or cannot be written.
`,
    )
    .action(run(async () => (await import('./cookie.ts')).cookieNew))
}

const SYNTAX = 'Terms are read as Elixir when the name before them is written so (MyApp.Store, :lists), else as Erlang.'

function withTerms(command: Command): Command {
  return withPeer(command).option('--syntax <syntax>', 'read and print terms as erlang, elixir or json')
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

/** The options of every command that lists members. */
function withService(command: Command): Command {
  return withDns(command.option('--service <dns name>', 'name that holds the SRV records')).option(
    '--epmd <host>',
    'list the nodes of the epmd of this host instead (ERL_EPMD_PORT, else 4369)',
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

function withOutput(
  command: Command,
  { timeout = '5s', what = 'how long to wait for each step, such as 500ms or 10s' } = {},
): Command {
  return command
    .option('--timeout <time>', what, timeout)
    .option('--json', 'print one JSON object a line')
    .option('--plain', 'print without colours')
}
