import { readdir } from 'node:fs/promises'

/** The file that lists all others of its folder. */
const LIST = 'all.ts'

/** The names of the files that hold a check each, without `.ts`. */
export async function checkFiles(): Promise<string[]> {
  const files = await readdir(new URL('../src/checks/', import.meta.url))
  return files
    .filter((file) => file !== LIST)
    .map((file) => file.replace(/\.ts$/, ''))
    .sort()
}

/** `src/checks/all.ts`: the check `D08` is in `d08-cookie-strength.ts`. */
export async function listOfChecks(): Promise<string> {
  const checks = (await checkFiles()).map((file) => ({ file, name: file.slice(0, 3).toUpperCase() }))
  return [
    '// Made by `npm run generate` from the files of this folder.',
    "import type { Check } from '../check.ts'",
    ...checks.map(({ file, name }) => `import { ${name} } from './${file}.ts'`),
    '',
    '/** Every check, in no order. */',
    'export const ALL_CHECKS: readonly Check[] = [',
    ...checks.map(({ name }) => `  ${name},`),
    ']',
    '',
  ].join('\n')
}
