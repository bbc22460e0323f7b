import { oneLine, shown } from '@dynsrv/kit'
import { Command, CommanderError, Help } from 'commander'
import colours from 'picocolors'
import packageJson from '../package.json' with { type: 'json' }
import type { Execute, Program } from './command.ts'
import { COMMANDS } from './commands/all.ts'
import { EXIT_BAD_USAGE, EXIT_OK, exitCodeOf } from './terminal/exit-code.ts'
import { endWithReader, writeError, writeJsonError } from './terminal/output.ts'

// A command is imported only when it runs: `dynsrv --help` loads neither DNS nor the distribution protocol.

const EXAMPLES = `
Examples:
  $ dynsrv demo
  $ dynsrv join --name api-1@my-service.service.consul \\
                --service my-service.service.consul --dns 127.0.0.1:8600
  $ dynsrv dns --member api-1@my-service.test:4370 --listen 127.0.0.1:8600
  $ dynsrv help join

Exit codes: 0 done, 1 failed while running, 2 bad arguments or environment.
`

/** What a command takes, without loading it. */
const TERMS: ReadonlyMap<string, string> = new Map(COMMANDS.map(({ name, term }) => [name, term]))

/**
 * Runs the command line.
 *
 * @param args what stands behind the program's name
 * @returns the exit code: 0 done, 1 failed while running, 2 bad arguments or environment, 130 interrupted
 * @throws {DynsrvError} `DYNSRV_BAD_OPTION` for what is no list of arguments
 */
export async function main(args: readonly string[]): Promise<number> {
  if (!areArguments(args)) {
    const { DynsrvError } = await import('@dynsrv/cluster')
    throw new DynsrvError('DYNSRV_BAD_OPTION', `main: args must be an array of strings, not ${shown(args)}`, {
      hint: 'Give process.argv.slice(2).',
    })
  }
  let exitCode = EXIT_OK
  let running = 'dynsrv'
  const asJson = args.slice(0, args.includes('--') ? args.indexOf('--') : args.length).includes('--json')
  const fail = async (error: unknown, failedWith: number, text?: string) => {
    const { advice, explain } = await import('@dynsrv/cluster')
    if (asJson) writeJsonError({ type: 'error', command: running, exitCode: failedWith, ...explain(error) })
    else writeError(oneLine(`${running}: ${text ?? advice(error)}`))
    return failedWith
  }
  endWithReader()

  const program = new Command('dynsrv')
  program
    .description('Node.js as a member of Erlang and Elixir clusters: found through DNS SRV, without epmd.')
    .version(packageJson.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, outputError: () => undefined })
    .configureHelp({
      subcommandTerm: (command) => TERMS.get(command.name()) ?? new Help().subcommandTerm(command),
      styleTitle: (text) => colours.bold(text),
      styleCommandText: (text) => colours.cyan(text),
      styleSubcommandText: (text) => colours.cyan(text),
      styleOptionText: (text) => colours.cyan(text),
      styleArgumentText: (text) => colours.cyan(text),
    })
    .hook('preSubcommand', (_program, command) => {
      running = `dynsrv ${command.name()}`
    })

  const runs: Program['runs'] =
    <Options>(execute: Execute<Options>) =>
    async (...given: unknown[]) => {
      const command = given.at(-1) as Command
      exitCode = await execute(command.opts() as Options, ...(command.args as string[]))
    }
  const declarations = new Map<string | undefined, () => Promise<void>>()
  for (const { name, summary, load } of COMMANDS) {
    const declared = program.command(name).summary(summary)
    declarations.set(name, async () => (await load()).declare(declared, { runs, whole }))
  }
  const whole = async () => {
    await Promise.all([...declarations].map(([name, declare]) => name === wanted || declare()))
    return program
  }
  const wanted = args.find((arg) => arg !== 'help' && !arg.startsWith('-'))
  try {
    await declarations.get(wanted)?.()
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

function areArguments(args: unknown): boolean {
  try {
    return Array.isArray(args) && Array.from(args).every((arg) => typeof arg === 'string')
  } catch {
    // A proxy may throw when it is touched.
    return false
  }
}

/** Commander's complaint on one line, without the value of an unknown option, which may be a secret. */
function usageText({ message }: CommanderError): string {
  return message
    .replace(/^error: /, '')
    .replace(/^(unknown option '[^'=]*)=[^\n]*'/, "$1'")
    .replace(/\n\(Did you mean (.*)\?\)$/s, ', did you mean $1?')
    .replace(/^unknown option '(--[\w-]+)', did you mean \1\?$/, "option '$1' takes no value")
    .replace(/^\(outputHelp\)$/, 'the name of a command is missing')
    .replace(/\.$/, '')
}
