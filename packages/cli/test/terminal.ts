import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(new URL('../../dynsrv/bin/dynsrv.js', import.meta.url))

export interface TerminalOptions {
  readonly env?: Readonly<Record<string, string>>
  /** The width of the terminal; default 80. */
  readonly columns?: number
  /** Ctrl-C is typed as soon as the screen shows this. */
  readonly interruptAt?: RegExp
  /** What is typed, one after the other, each as soon as what was written since the one before shows its text. */
  readonly types?: readonly (readonly [at: RegExp, keys: string])[]
}

/** `dynsrv` in a real terminal, which util-linux's `script` opens; what it shows, with its colours. */
export async function inTerminal(
  args: readonly string[],
  { env = {}, columns = 80, interruptAt, types }: TerminalOptions = {},
): Promise<{ code: number | null; screen: string }> {
  const words = [process.execPath, BIN, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`)
  const child = spawn('script', ['-qefc', `stty cols ${columns} rows 40; exec ${words.join(' ')}`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, HOME: '/nonexistent', TERM: 'xterm-256color', LC_ALL: 'C.UTF-8', ...env },
  })
  let screen = ''
  const typing = [...(types ?? (interruptAt === undefined ? [] : [[interruptAt, '\u0003'] as const]))]
  let typedAt = 0
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text
    const [next] = typing
    if (next?.[0].test(plainly(screen.slice(typedAt))) !== true) return
    typing.shift()
    typedAt = screen.length
    child.stdin.write(next[1])
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, screen: screen.replaceAll('\r\n', '\n') }
}

/** Without colours. */
export function plainly(screen: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these begin a colour
  return screen.replaceAll(/\u001b\[[\d;]*m/g, '')
}
