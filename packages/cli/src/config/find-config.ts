// biome-ignore lint/plugin: the file is code that the module loader reads from the real disk
import { type Stats, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DynsrvError } from '@dynsrv/cluster'
import { codeOf, shown } from '@dynsrv/kit'
import { system } from '../world.ts'

/** The names that are looked for in the working directory, in this order. */
export const CONFIG_NAMES = [
  'dynsrv.config.mjs',
  'dynsrv.config.js',
  'dynsrv.config.cjs',
  'dynsrv.config.json',
  'dynsrv.config.ts',
] as const

/**
 * The file that is named, else the one of the folder, if there is one. It may be code, which runs when it is read.
 *
 * @param file false to look for none
 * @throws {DynsrvError} `DYNSRV_CONFIG` for a file that is not named and that another user can write, and for a folder that
 *   cannot be searched
 */
export function findConfig(file: string | false | undefined, cwd: string = system.folder()): string | undefined {
  if (file === false) return undefined
  if (file !== undefined) return resolve(cwd, file)
  // biome-ignore lint/style/noRestrictedGlobals: no World says who runs the process
  const { getuid, platform } = process
  for (const path of CONFIG_NAMES.map((name) => join(cwd, name))) {
    const facts = factsOf(path, cwd)
    if (facts === undefined) continue
    const own = getuid?.() ?? facts.uid
    // Root takes the files of others, as containers mount them.
    const foreign = own !== 0 && facts.uid !== own && facts.uid !== 0
    const open = platform !== 'win32' && (facts.mode & OTHERS_WRITE) !== 0
    if (!foreign && !open) return path
    throw new DynsrvError(
      'DYNSRV_CONFIG',
      `${path} ${foreign ? 'belongs to another user' : 'can be written by anybody'}`,
      {
        hint: 'It is read only if you name it: --config FILE. With --no-config no file is read.',
      },
    )
  }
  return undefined
}

function factsOf(path: string, cwd: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch (cause) {
    throw new DynsrvError(
      'DYNSRV_CONFIG',
      `cannot look for a configuration file in cwd ${shown(cwd)}: ${codeOf(cause)}`,
      {
        hint: 'Check the folder, or name the file: --config FILE. With --no-config no file is read.',
        cause,
      },
    )
  }
}

const OTHERS_WRITE = 0o002
