import type { Command as Declared } from 'commander'

/** What a command does with its options and operands; it gives the exit code. */
export type Execute<Options> = (options: Options, ...operands: string[]) => Promise<number>

/** What a command is declared with. */
export interface Program {
  /** Makes the action of a command from what it does. */
  runs<Options>(execute: Execute<Options>): (...given: unknown[]) => Promise<void>
  /** All commands, each with its options, for what writes them down. */
  whole(): Promise<Declared>
}

/** One command of `dynsrv`; its file is named as it is typed. */
export interface Command {
  /** What stands beside its name in `dynsrv help`. */
  readonly summary: string
  /** Its place in that list; default: behind those that have one. */
  readonly place?: number
  /** Says what it takes and what `dynsrv help NAME` shows, and what runs. */
  declare(command: Declared, program: Program): void
}

/** A command as the list of all holds it: imported only when it is the one that runs. */
export interface ListedCommand extends Pick<Command, 'summary'> {
  readonly name: string
  /** Its name and what it takes: `ping [options] <node>`. */
  readonly term: string
  load(): Promise<Command>
}
