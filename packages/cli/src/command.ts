import type { Command as Declared } from 'commander'

/** What a command does with its options and operands. It returns the exit code. */
export type Execute<Options> = (options: Options, ...operands: string[]) => Promise<number>

/** What a command is declared with. */
export interface Program {
  /** Makes the action of a command from what it does. */
  runs<Options>(execute: Execute<Options>): (...given: unknown[]) => Promise<void>
  /** All commands, each with its options, for completion scripts. */
  whole(): Promise<Declared>
}

/** The headings of `dynsrv help`. Commands of one stand together. */
export type CommandGroup =
  | 'Be a member'
  | 'See what is there, and what is wrong'
  | 'Talk to a node'
  | 'Help on this machine'

/** One command of `dynsrv`. Its file has the command's name. */
export interface Command {
  /** What stands beside its name in `dynsrv help`. */
  readonly summary: string
  /** Under which heading it stands there. */
  readonly group: CommandGroup
  /** Its place in that list; default: behind those that have one. */
  readonly place?: number
  /** Says what it takes and what `dynsrv help NAME` shows, and what runs. */
  declare(command: Declared, program: Program): void
}

/** A command in the list of all. Its code is imported only when it runs. */
export interface ListedCommand extends Pick<Command, 'summary' | 'group'> {
  readonly name: string
}
