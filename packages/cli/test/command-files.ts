import { readdir } from 'node:fs/promises'
import type { Command } from '../src/command.ts'

/** The files that list all others of their folder. */
const LISTS = ['all.ts', 'loaded.ts']

/** Every command by its name, in the order of `dynsrv help`. */
export async function commands(): Promise<readonly (readonly [name: string, command: Command])[]> {
  const files = await readdir(new URL('../src/commands/', import.meta.url))
  const names = files.filter((file) => !LISTS.includes(file)).map((file) => file.replace(/\.ts$/, ''))
  const loaded = names.map(async (name) => {
    const { command } = (await import(`../src/commands/${name}.ts`)) as { readonly command: Command }
    return [name, command] as const
  })
  return (await Promise.all(loaded)).sort(
    ([a, { place: left = Number.MAX_VALUE }], [b, { place: right = Number.MAX_VALUE }]) =>
      left - right || (a < b ? -1 : 1),
  )
}

/** As the formatter writes it. */
function quoted(text: string): string {
  return text.includes("'") ? JSON.stringify(text) : `'${text}'`
}

/** `src/commands/all.ts`. */
export async function listOfCommands(): Promise<string> {
  return [
    '// Made by `npm run generate` from the files of this folder.',
    "import type { ListedCommand } from '../command.ts'",
    '',
    '/** Every command, in the order of `dynsrv help`. */',
    'export const COMMANDS: readonly ListedCommand[] = [',
    ...(await commands()).flatMap(([name, command]) => [
      '  {',
      `    name: '${name}',`,
      `    summary: ${quoted(command.summary)},`,
      `    group: ${quoted(command.group)},`,
      '  },',
    ]),
    ']',
    '',
  ].join('\n')
}

/** `src/commands/loaded.ts`. */
export async function codeOfCommands(): Promise<string> {
  const names = (await commands()).map(([name]) => name)
  return [
    '// Made by `npm run generate` from the files of this folder.',
    ...names.toSorted().map((name) => `export { command as ${name} } from './${name}.ts'`),
    '',
  ].join('\n')
}

/** A README with its table of commands written anew: the block that begins with `dynsrv join`. */
export async function withTable(readme: string): Promise<string> {
  const all = await commands()
  const width = Math.max(...all.map(([name]) => name.length))
  const lines = all.map(([name, { summary }]) => `dynsrv ${name.padEnd(width)}  ${summary}`)
  return readme.replace(/^```\ndynsrv [\s\S]*?^```$/m, () => ['```', ...lines, '```'].join('\n'))
}
