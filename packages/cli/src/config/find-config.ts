import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The names that are looked for in the working directory, in this order. */
export const CONFIG_NAMES = [
  'dynsrv.config.mjs',
  'dynsrv.config.js',
  'dynsrv.config.cjs',
  'dynsrv.config.json',
  'dynsrv.config.ts',
] as const

/** The file that is named, else the one of the folder, if there is one. */
export function findConfig(file: string | undefined, cwd: string = process.cwd()): string | undefined {
  if (file !== undefined) return resolve(cwd, file)
  return CONFIG_NAMES.map((name) => join(cwd, name)).find((each) => existsSync(each))
}
