import { isLive, screen, screenSize } from './screen.ts'
import { wrap } from './wrap.ts'

/** Writes a help. On a terminal no line is longer than its width: words go to the next one, and commands go on behind a `\\`. */
export function writeHelp(text: string): void {
  const columns = isLive({}) ? screenSize().columns : Number.POSITIVE_INFINITY
  screen().write(
    text
      .split('\n')
      .flatMap((line) => broken(line, columns))
      .join('\n'),
  )
}

/** Lines that are within the width stay as they are: Commander has wrapped and painted its own. */
function broken(line: string, columns: number): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these begin a colour
  if (line.replaceAll(/\u001b\[[\d;]*m/g, '').length <= columns) return [line]
  const [indent = ''] = /^ */.exec(line) ?? []
  if (!/^ *\$ /.test(line)) return wrap(line.trim(), columns - indent.length).map((part) => indent + part)
  const parts = wrap(line.trim(), columns - indent.length - 4)
  return parts.map((part, at) => `${indent}${at === 0 ? '' : '  '}${part}${at === parts.length - 1 ? '' : ' \\'}`)
}
