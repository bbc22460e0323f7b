import { advice, explain, oneLine } from '@dynsrv/cluster'
import { Argument, Command, CommanderError, Option } from 'commander'
import colours from 'picocolors'
import packageJson from '../package.json' with { type: 'json' }
import type { Run } from './command.ts'
import { doctorCommand } from './commands/doctor-command.ts'
import { joinCommands } from './commands/join-commands.ts'
import { localCommands } from './commands/local-commands.ts'
import { peerCommands } from './commands/peer-commands.ts'
import { termCommands } from './commands/term-commands.ts'
import { collect } from './options/collect.ts'
import { EXIT_BAD_USAGE, EXIT_OK, exitCodeOf } from './terminal/exit-code.ts'

// Each command is imported only when it runs: `dynsrv --help` loads neither DNS nor the distribution protocol.

const DNS_EXAMPLES = `
Examples:
  Two members of one service, for development
  $ dynsrv dns --member api-1@my-service.test:4370 --member db-1@my-service.test:4371

  A file of records, read again whenever it changes, on a fixed port
  $ dynsrv dns zone.json --listen 127.0.0.1:8600

  zone.json:
  [{ "type": "SRV", "name": "my-service.test", "target": "api-1.my-service.test", "port": 4370 },
   { "type": "A", "name": "api-1.my-service.test", "address": "127.0.0.1" }]

Exit codes: 0 stopped by SIGINT or SIGTERM, 1 failed while running, 2 bad arguments or records.
`

const DEMO_EXAMPLES = `
Examples:
  $ dynsrv demo
  $ dynsrv demo --keep      stays up, and prints how one more node joins from another terminal

Exit codes: 0 every step of the story held, 1 a step failed, 2 bad arguments, 130 interrupted.
`

const COMPLETION_EXAMPLES = `
Examples:
  $ source <(dynsrv completion bash)      # in ~/.bashrc; zsh in ~/.zshrc
  $ dynsrv completion fish | source       # in ~/.config/fish/config.fish

Exit codes: 0 printed, 2 the shell is not known.
`

const EXAMPLES = `
Examples:
  $ dynsrv demo
  $ dynsrv join --name api-1@my-service.service.consul \\
                --service my-service.service.consul --dns 127.0.0.1:8600
  $ dynsrv dns --member api-1@my-service.test:4370 --listen 127.0.0.1:8600
  $ dynsrv help join

Exit codes: 0 done, 1 failed while running, 2 bad arguments or environment.
`

/**
 * Runs the command line.
 *
 * @param args what stands behind the program's name
 * @returns the exit code: 0 done, 1 failed while running, 2 bad arguments or environment, 130 interrupted
 */
export async function main(args: readonly string[]): Promise<number> {
  let exitCode = EXIT_OK
  let running = 'dynsrv'
  const asJson = args.slice(0, args.includes('--') ? args.indexOf('--') : args.length).includes('--json')
  const fail = (error: unknown, failedWith: number, text = advice(error)) => {
    const told = { type: 'error', command: running, exitCode: failedWith, ...explain(error) }
    process.stderr.write(asJson ? `${JSON.stringify(told)}\n` : `${running}: ${oneLine(text)}\n`)
    return failedWith
  }
  process.stdout.on('error', leaveOnBrokenPipe)

  const program = new Command('dynsrv')
  const run: Run =
    <Options>(load: () => Promise<(options: Options, ...operands: string[]) => Promise<number>>) =>
    async (...given: unknown[]) => {
      const command = given.at(-1) as Command
      const execute = await load()
      exitCode = await execute(command.opts() as Options, ...(command.args as string[]))
    }

  program
    .description('Node.js as a member of Erlang and Elixir clusters: found through DNS SRV, without epmd.')
    .version(packageJson.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, outputError: () => undefined })
    .configureHelp({
      styleTitle: (text) => colours.bold(text),
      styleCommandText: (text) => colours.cyan(text),
      styleSubcommandText: (text) => colours.cyan(text),
      styleOptionText: (text) => colours.cyan(text),
      styleArgumentText: (text) => colours.cyan(text),
    })
    .hook('preSubcommand', (_program, command) => {
      running = `dynsrv ${command.name()}`
    })

  joinCommands(program, run)
  doctorCommand(program, run)
  peerCommands(program, run)
  termCommands(program, run)
  localCommands(program, run)

  program
    .command('dns')
    .summary('serve SRV records for development, from flags or a file')
    .description('Serves DNS records over UDP and TCP, for development and tests.')
    .argument('[records.json]', 'file of records, read again whenever it changes')
    .addOption(
      new Option(
        '--member <alive@service:port[=ip]>',
        'a member; ip is 127.0.0.1 when left out; may be repeated',
      ).argParser(collect),
    )
    .option('--zone <file>', 'the file of records, by name')
    .option('--listen <host:port>', 'where to serve (default: 127.0.0.1 on any free port)')
    .option('--json', 'print one JSON object a line')
    .option('--plain', 'print without colours')
    .addHelpText('after', DNS_EXAMPLES)
    .action(run(async () => (await import('./commands/dns.ts')).dns))

  program
    .command('demo')
    .summary('show a mixed cluster form, lose and gain members, and survive its DNS server')
    .description(
      'Starts a DNS server, JavaScript nodes, and Erlang nodes where erl is on the PATH, all on 127.0.0.1; shows how\nthey find each other, talk, leave and join, and that a dead DNS server disconnects nobody.',
    )
    .option('--plain', 'print plain lines, as when the output is not a terminal')
    .option('--json', 'print one JSON object a line')
    .option('--keep', 'stay up afterwards and print how one more node joins')
    .addHelpText('after', DEMO_EXAMPLES)
    .action(run(async () => (await import('./commands/demo.ts')).demo))

  program
    .command('completion')
    .summary('print the script that completes commands and options in your shell')
    .description('Prints the script that completes commands and options in bash, zsh or fish.')
    .addArgument(new Argument('[shell]', 'the one of SHELL when left out').choices(['bash', 'zsh', 'fish']))
    .addHelpText('after', COMPLETION_EXAMPLES)
    .action(
      run(async () => {
        const { completion } = await import('./commands/completion.ts')
        return (_options: object, shell?: string) => completion(program, shell)
      }),
    )

  try {
    if (args.length === 0) program.outputHelp()
    else await program.parseAsync([...args], { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT_OK
      const message = usageText(error)
      const hint = `See ${running} --help.`
      return fail({ message, hint }, EXIT_BAD_USAGE, `${message} (see ${running} --help)`)
    }
    return fail(error, exitCodeOf(error))
  }
  return exitCode
}

/** Commander's complaint on one line, without the value that somebody may have typed behind an unknown option. */
function usageText({ message }: CommanderError): string {
  return message
    .replace(/^error: /, '')
    .replace(/^(unknown option '[^'=]*)=[^\n]*'/, "$1'")
    .replace(/\n\(Did you mean (.*)\?\)$/s, ', did you mean $1?')
    .replace(/^\(outputHelp\)$/, 'no such command')
    .replace(/\.$/, '')
}

/** `dynsrv … | head` closes the pipe; that is an end, not a failure. */
function leaveOnBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
  process.exit(EXIT_OK)
}
