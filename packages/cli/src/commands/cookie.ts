// biome-ignore lint/plugin: a World only reads files, and this is the one command that writes one
import { writeFile } from 'node:fs/promises'
import { DynsrvError, explain } from '@dynsrv/cluster'
import { codeOf, secretInteger, visible } from '@dynsrv/kit'
import type { Command } from '../command.ts'
import { EXIT_OK } from '../terminal/exit-code.ts'
import { writeJson, writeLine } from '../terminal/output.ts'
import { random } from '../world.ts'

/** The options of `dynsrv cookie new`, as they were typed. */
export interface CookieOptions {
  readonly file?: string
  readonly json?: boolean
}

// Letters and digits pass through every shell, environment file and command line without quotation marks.
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
/** 256 bits: 43 times log2 of 62. */
const LENGTH = 43
/** Erlang reads a cookie file only when its owner alone may read it. */
const OWNER_READS = 0o400

/**
 * Makes a cookie and prints it, or puts it into a new file that only its owner can read.
 *
 * @returns the exit code
 * @throws {DynsrvError} `DYNSRV_COOKIE_FILE` when the file is there already or cannot be written
 */
export async function cookieNew({ file, json }: CookieOptions): Promise<number> {
  const cookie = Array.from({ length: LENGTH }, () => ALPHABET[secretInteger(random, 0, ALPHABET.length)]).join('')
  if (file === undefined) {
    if (json === true) writeJson({ cookie })
    else writeLine(cookie)
    return EXIT_OK
  }
  try {
    await writeFile(file, cookie, { flag: 'wx', mode: OWNER_READS })
  } catch (cause) {
    const there = codeOf(cause) === 'EEXIST'
    const why = there ? 'it exists already, and a running cluster may use it' : explain(cause).message
    throw new DynsrvError('DYNSRV_COOKIE_FILE', `did not write ${file}: ${why}`, {
      hint: 'Name a file that does not exist, in a folder that does.',
      cause,
    })
  }
  if (json === true) writeJson({ file })
  else writeLine(visible(`wrote ${file}, readable by its owner only`))
  return EXIT_OK
}

export const command: Command = {
  summary: 'make a cookie: dynsrv cookie new',
  group: 'Help on this machine',
  place: 17,
  declare: (declared, { runs }) =>
    declared
      .description("Makes a cluster's secret.")
      .addHelpText('after', HELP)
      .command('new')
      .description('Prints a random cookie of 256 bits, or puts it into a new file that only its owner can read.')
      .option('--file <file>', 'write it there, mode 0400, and do not print it')
      .option('--json', 'print one JSON object')
      .addHelpText('after', HELP)
      .action(runs(cookieNew)),
}

const HELP = `
Examples:
  $ dynsrv cookie new --file ~/.erlang.cookie
  $ RELEASE_COOKIE=$(dynsrv cookie new) bin/my_app start

This is the only command that prints a cookie.
Exit codes: 0 made, 2 the file exists already or cannot be written.
`
