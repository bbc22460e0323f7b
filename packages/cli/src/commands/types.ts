// biome-ignore lint/plugin: a World only reads files, and this command writes the one that it is given
import { writeFile } from 'node:fs/promises'
import { DynsrvError, explain } from '@dynsrv/cluster'
import { atom } from '@dynsrv/etf'
import { codeOf, visible } from '@dynsrv/kit'
import {
  fileModules,
  folderModules,
  type ModuleSource,
  nodeModules,
  type WrittenTypes,
  writeTypes,
} from '@dynsrv/types'
import type { Command } from '../command.ts'
import { FOOT, repeated, withPeer } from '../options/command-options.ts'
import type { PeerOptions } from '../peer/peer-options.ts'
import { withConfig } from '../peer/with-config.ts'
import { withNode } from '../peer/with-node.ts'
import { atomName, sendable } from '../term/written-call.ts'
import { EXIT_FAILED, EXIT_OK } from '../terminal/exit-code.ts'
import { output, writeError, writeJson, writeLine, writeText } from '../terminal/output.ts'
import { beamFiles, buildFolders } from '../types/beam-paths.ts'
import { changedLines } from '../types/changed-lines.ts'
import { files } from '../world.ts'

/** The options of `dynsrv types`, as they were typed. */
export interface TypesOptions extends PeerOptions {
  readonly node?: string
  readonly out?: string
  readonly check?: boolean
  readonly beam?: readonly string[]
  readonly integers?: string
  readonly from?: string
}

/**
 * Writes the types of a module of a node, or of compiled files, as TypeScript.
 *
 * @returns the exit code: 1 when `--check` finds another file than would be written
 * @throws {DynsrvError} `DYNSRV_BAD_OPTION`; {TypesError} for a module whose types cannot be read
 */
export async function types(options: TypesOptions, named: string): Promise<number> {
  const module = atomName(named)
  sendable(() => [atom(module)])
  const { check = false, out, integers = 'number' } = options
  if (check && out === undefined) {
    throw new DynsrvError('DYNSRV_BAD_OPTION', '--check has nothing to compare with', {
      hint: 'Name the file that was written with --out FILE.',
    })
  }
  if (integers !== 'number' && integers !== 'exact') {
    throw new DynsrvError('DYNSRV_BAD_OPTION', `--integers ${JSON.stringify(integers)} is unknown`, {
      hint: 'Use number, or exact, which gives bigints too.',
    })
  }
  const local = await localModules(options)
  const write = (...sources: readonly ModuleSource[]) =>
    writeTypes({
      module,
      sources: [...sources, ...local],
      integers,
      command: commandOf(options, named),
      ...(options.from !== undefined && { from: options.from }),
    })
  let written: WrittenTypes | undefined
  if (options.node === undefined) written = await write()
  else {
    await withNode(options, options.node, async (us, peer, timeoutMs) => {
      written = await write(nodeModules(peer, (...call) => us.erpc(peer, ...call, { timeoutMs })))
    })
  }
  return done(written!, options)
}

/** What `--beam` names, and what was built here. */
async function localModules({ node, beam = [] }: TypesOptions): Promise<readonly ModuleSource[]> {
  const folders = await buildFolders()
  if (node === undefined && beam.length === 0 && folders.length === 0) {
    throw new DynsrvError('DYNSRV_BAD_OPTION', 'there is nowhere to read the module', {
      hint: 'Name a running node with --node, or compiled files with --beam FILE; or run it where _build is.',
    })
  }
  return [await fileModules(await beamFiles(beam)), folderModules(folders)]
}

/** What makes the same file again. Where the node is differs from one person to the next, so it is left out. */
function commandOf({ integers, from }: TypesOptions, named: string): string {
  const more = [integers !== undefined && `--integers ${integers}`, from !== undefined && `--from ${from}`]
  return ['dynsrv types', visible(named), ...more.filter((each) => each !== false)].join(' ')
}

async function done({ text, remarks, positions }: WrittenTypes, options: TypesOptions): Promise<number> {
  const { check, out: file, json } = options
  for (const remark of json === true ? [] : remarks) writeError(`dynsrv types: ${remark}`)
  if (file === undefined) {
    if (json === true) writeJson({ text, remarks, positions })
    else writeText(text)
    return EXIT_OK
  }
  const before = await current(file)
  const isCurrent = before === text
  if (check !== true) {
    if (!isCurrent) await put(file, text)
    if (json === true) writeJson({ file, changed: !isCurrent, remarks, positions })
    else writeLine(visible(isCurrent ? `${file} is up to date` : `wrote ${file}`))
    return EXIT_OK
  }
  const changed = changedLines(before ?? '', text)
  if (json === true) writeJson({ file, upToDate: isCurrent, ...changed, remarks })
  else if (isCurrent) writeLine(visible(`${file} is up to date`))
  else {
    const out = output(options)
    const why = before === undefined ? 'is not there' : 'is out of date'
    out.line([[visible(`${file} ${why}`), 'bad']])
    for (const line of changed.removed.slice(0, MOST_LINES)) out.line([visible(`- ${line}`)])
    for (const line of changed.added.slice(0, MOST_LINES)) out.line([visible(`+ ${line}`)])
    const more = [changed.removed, changed.added].reduce((sum, { length }) => sum + Math.max(0, length - MOST_LINES), 0)
    if (more > 0) out.line([[`and ${more} more lines`, 'quiet']])
  }
  return isCurrent ? EXIT_OK : EXIT_FAILED
}

/** How many lines of each kind a person is shown. */
const MOST_LINES = 20

/** The text of the file that is there; undefined for none. */
async function current(file: string): Promise<string | undefined> {
  try {
    return Buffer.from(await files.read(file)).toString('utf8')
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined
    throw fileError(file, cause)
  }
}

async function put(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text)
  } catch (cause) {
    throw fileError(file, cause)
  }
}

function fileError(file: string, cause: unknown): DynsrvError {
  return new DynsrvError('DYNSRV_BAD_OPTION', `--out ${file}: ${explain(cause).message}`, {
    hint: 'Name a file in a folder that exists and that you may write.',
    cause,
  })
}

export const command: Command = {
  summary: 'write the types of a module of a running node as TypeScript',
  group: 'Talk to a node',
  place: 14,
  declare: (declared, { runs }) =>
    withPeer(
      declared
        .description('Reads the specs, types and docs of a module, and writes TypeScript: types, matchers, a client.')
        .argument('<module>', 'MyApp.Stock, or lists for an Erlang module')
        .option('--node <node>', 'the running node that has it')
        .addOption(
          repeated('--beam <path>', 'compiled file, or folder of them, for what a node has lost; _build is read too'),
        )
        .option('--out <file>', 'write it there, else to standard output')
        .option('--check', 'write nothing; exit 1 and say what changed when the file is out of date')
        .option('--integers <kind>', 'integers without bounds: number, or exact for number | bigint')
        .option('--from <package>', 'package that the file imports from (default: dynsrv)'),
    )
      .addHelpText('after', HELP)
      // Files need nothing of a configuration, which may be code.
      .action(runs((options: TypesOptions, named) => (options.node === undefined ? types : ofNode)(options, named))),
}

const ofNode = withConfig(['dns', 'link'], types)

const HELP = `
Examples:
  $ dynsrv types MyApp.Stock --node app@my-service.test --out stock.ts
  $ dynsrv types MyApp.Stock --node app@my-service.test --out stock.ts --check
  $ dynsrv types MyApp.Stock --beam _build/prod/lib/my_app/ebin --out stock.ts

A release strips what is read here unless mix.exs says strip_beams: false for it.
${FOOT}
Exit codes: 0 written or up to date, 1 out of date or the node was not reached, 2 bad arguments, no module or no types.
`
