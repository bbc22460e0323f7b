import { nearest, oneLine, shown, textOf } from '@dynsrv/kit'
import { Command, CommanderError, Help } from 'commander'
import colours from 'picocolors'
import packageJson from '../package.json' with { type: 'json' }
import type { Execute, Command as LoadedCommand, Program } from './command.ts'
import { COMMANDS } from './commands/all.ts'
import { consoleAside } from './terminal/console-aside.ts'
import { EXIT_BAD_USAGE, EXIT_OK, exitCodeOf } from './terminal/exit-code.ts'
import { writeHelp } from './terminal/help-text.ts'
import { endWithReader, writeError, writeErrorPage, writeJsonError } from './terminal/output.ts'
import { isReworded } from './terminal/reworded.ts'

// A command is imported only when it runs: `dynsrv --help` loads neither DNS nor the distribution protocol.

const EXAMPLES = `
Examples:
  $ dynsrv demo
  $ dynsrv join --name api-1@my-service.service.consul --dns 127.0.0.1:8600
  $ dynsrv dns --member api-1@my-service.test:4370 --listen 127.0.0.1:8600
  $ dynsrv help join

Exit codes: 0 done, 1 failed while running, 2 bad arguments or environment.
`

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
    const { lines = [] } = isReworded(error) ? error : {}
    const docs = textOf(error, 'docs')
    if (asJson) {
      const stack = lines.length > 0 && { stack: lines }
      const page = docs !== undefined && { docs }
      writeJsonError({ type: 'error', command: running, exitCode: failedWith, ...explain(error), ...page, ...stack })
    } else {
      writeError(oneLine(`${running}: ${text ?? advice(error)}`))
      for (const line of lines) writeError(`    ${oneLine(line)}`)
      if (docs !== undefined) writeErrorPage(docs)
    }
    return failedWith
  }
  endWithReader()
  using _aside = consoleAside()

  const program = new Command('dynsrv')
  program
    .description('Node.js as a member of Erlang and Elixir clusters: found through DNS SRV, without epmd.')
    .version(packageJson.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .commandsGroup('Help on this machine:')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({ writeOut: writeHelp, writeErr: () => undefined, outputError: () => undefined })
    .configureHelp({
      // What a command takes stands in its own help; here it would leave no room for what it does.
      subcommandTerm: (command) => (command.parent === program ? command.name() : new Help().subcommandTerm(command)),
      minWidthToWrap: 20,
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
  for (const { name, summary, group } of COMMANDS) {
    const declared = program.command(name).summary(summary).helpGroup(`${group}:`)
    declarations.set(name, async () => (await commandCalled(name)).declare(declared, { runs, whole }))
  }
  const whole = async () => {
    await Promise.all([...declarations].map(([name, declare]) => name === wanted || declare()))
    return program
  }
  const wanted = args.find((arg) => arg !== 'help' && !arg.startsWith('-'))
  let called = program
  try {
    await declarations.get(wanted)?.()
    const [ordered, command] = behindTheirCommand(args, program)
    called = command
    if (args.length === 0) program.outputHelp()
    else await program.parseAsync(ordered, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT_OK
      const message = usageText(error, called)
      const hint = `See ${running} --help.`
      return fail({ message, hint }, EXIT_BAD_USAGE, `${message} (see ${running} --help)`)
    }
    return fail(error, exitCodeOf(error))
  }
  return exitCode
}

async function commandCalled(name: string): Promise<LoadedCommand> {
  const loaded: Readonly<Record<string, LoadedCommand>> = await import('./commands/loaded.ts')
  return loaded[name]!
}

function areArguments(args: unknown): boolean {
  try {
    return Array.isArray(args) && Array.from(args).every((arg) => typeof arg === 'string')
  } catch {
    // A proxy may throw when it is touched.
    return false
  }
}

const ABOUT_ITSELF: ReadonlySet<string> = new Set(['help', '-h', '--help', '-V', '--version'])

/**
 * Puts options that stand before the name of a command behind it: `dynsrv --json ping a@b` is `dynsrv ping --json a@b`.
 *
 * @returns the arguments, and the command that they name
 */
function behindTheirCommand(args: readonly string[], program: Command): [args: string[], called: Command] {
  const start = args.findIndex((arg) => !arg.startsWith('-'))
  const early = args.slice(0, Math.max(start, 0))
  const [word, about = 'help'] = args.slice(Math.max(start, 0))
  const isKnown = about === 'help' || about.startsWith('-') || subcommand(program, about) !== undefined
  // The help of a command that does not exist is refused as the command is.
  if (word === 'help' && !isKnown) return [[about], program]
  if (start < 0 || word === 'help' || early.some((arg) => ABOUT_ITSELF.has(arg))) return [[...args], program]
  let [called, end] = [program, start]
  for (let next = subcommand(called, args[end]); next !== undefined; next = subcommand(called, args[++end]))
    called = next
  const place = called === program ? args.length : end
  return [[...args.slice(start, place), ...early, ...args.slice(place)], called]
}

function subcommand(command: Command, name: string | undefined): Command | undefined {
  return command.commands.find((each) => each.name() === name)
}

/** Commander's complaint on one line, without the value of an unknown option, which may be a secret. */
function usageText({ message }: CommanderError, called: Command): string {
  const [, unknown] = /^error: unknown option '(--[^'=\n]*)/.exec(message) ?? []
  if (unknown !== undefined) {
    const flags = called.options.flatMap(({ long }) => long ?? [])
    const near = nearest(unknown, flags)
    if (near === unknown) return `option '${unknown}' takes no value`
    // --cookie is only there to be refused.
    const asked = near === undefined ? '' : `, did you mean ${near === '--cookie' ? '--cookie-file' : near}?`
    return `unknown option '${unknown}'${asked}`
  }
  return message
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean (.*)\?\)$/s, ', did you mean $1?')
    .replace(/^\(outputHelp\)$/, 'the name of a command is missing')
    .replace(/\.$/, '')
}
