import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const run = promisify(execFile)

/** Prints the classes whose name is another one than that of their export. */
const SHOW_FALSE_NAMES =
  "console.log(JSON.stringify(Object.entries(loaded).filter(([name, value]) => typeof value === 'function' && " +
  '/^[A-Z]/.test(name) && value.name !== name).map(([name, value]) => [name, value.name])))'

/**
 * Loads the built package by its name from an ECMAScript module and from a CommonJS program, each in a fresh process.
 *
 * @param packageUrl the package's folder, as a `file:` URL that ends in a slash
 * @param names exports that must be there both ways
 */
export function testPackageForms(packageUrl: URL, names: readonly string[]): void {
  const cwd = fileURLToPath(packageUrl)
  const { name } = JSON.parse(readFileSync(new URL('package.json', packageUrl), 'utf8')) as { name: string }
  const show = `console.log(JSON.stringify(${JSON.stringify(names)}.filter((name) => name in loaded)))`
  const forms = {
    'import (ESM)': ['--input-type=module', '--eval', `import * as loaded from '${name}'; ${show}`],
    'require (CommonJS)': ['--input-type=commonjs', '--eval', `const loaded = require('${name}'); ${show}`],
  }
  describe(`the built package ${name}`, () => {
    it('is built', () =>
      expect(existsSync(new URL('dist/index.js', packageUrl)), 'run `npm run build` first').toBe(true))
    it.each(Object.entries(forms))('loads with %s', async (_form, args) => {
      const { stdout } = await run(process.execPath, args, { cwd })
      expect(JSON.parse(stdout)).toStrictEqual(names)
    })
    it.each(Object.entries(forms))('has classes that are called as they are exported, with %s', async (_form, args) => {
      const program = args.at(-1)!.replace(show, SHOW_FALSE_NAMES)
      const { stdout } = await run(process.execPath, [...args.slice(0, -1), program], { cwd })
      expect(JSON.parse(stdout)).toStrictEqual([])
    })
  })
}
