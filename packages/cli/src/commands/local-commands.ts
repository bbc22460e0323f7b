import { type Command, Option } from 'commander'
import type { Run } from '../command.ts'
import { collect } from '../options/collect.ts'

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
    .option('--service <name>', 'answer also for nodes of this machine that are in the SRV records of this name')
    .addOption(
      new Option('--dns <host:port>', 'DNS server to ask, else /etc/resolv.conf; may be repeated').argParser(collect),
    )
    .option('--json', 'print one JSON object a line')
    .option('--plain', 'print without colours')
    .addHelpText(
      'after',
      `
Examples:
  $ dynsrv epmd
  $ dynsrv epmd --host 0.0.0.0      for nodes of other machines too
  $ dynsrv epmd --service my-service.service.consul --dns 127.0.0.1:8600

Only nodes of this machine may register.
Exit codes: 0 stopped by SIGINT, SIGTERM or epmd -kill, 2 bad arguments or the port is taken.
`,
    )
    .action(run(async () => (await import('./epmd.ts')).epmd))

  program
    .command('decode')
    .summary('show a term, or a captured link packet by packet')
    .description('Shows a term, or one direction of a captured distribution stream, packet by packet.')
    .argument(
      '[hex|file|-]',
      'hexadecimal digits, or a file of bytes or of such digits; - or none reads standard input',
    )
    .option('--elixir', 'write terms as Elixir does')
    .option('--json', 'print one JSON object a line')
    .option('--plain', 'print without colours')
    .addHelpText(
      'after',
      `
Examples:
  $ dynsrv decode 836802770261626100
  $ dynsrv decode capture.bin
  $ xxd -p capture.bin | dynsrv decode -

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
