import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { commandOf, type Runtime } from '@dynsrv/tools/runtime'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'

/** A program that runs in some runtime and prints one JSON object a line. */
export interface RunningProgram extends AsyncDisposable {
  /** The next fact that it prints. Rejects with all that it said when it ends instead. */
  next(): Promise<Record<string, unknown>>
  /** Ends its input, and gives its exit code. */
  end(): Promise<number | null>
}

/** Starts a program of `interop/programs` in a runtime. */
export function startProgram(runtime: Runtime, file: string, env: Readonly<Record<string, string>>): RunningProgram {
  const [program, ...args] = commandOf(runtime)
  const path = fileURLToPath(new URL(`../programs/${file}`, import.meta.url))
  const child = spawn(program, [...args, path], {
    env: { PATH: process.env.PATH, HOME: temporaryFolder('home'), ...env },
  })
  const facts: Record<string, unknown>[] = []
  let [output, errors] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (output + chunk).split('\n')
    output = lines.pop()!
    for (const line of lines) facts.push(JSON.parse(line))
    child.emit('fact')
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk
  })
  const exit = once(child, 'close') as Promise<[number | null]>
  const end = async () => {
    child.stdin.end()
    return (await exit)[0]
  }
  return {
    async next() {
      while (facts.length === 0) {
        const ended = await Promise.race([exit, once(child, 'fact').then(() => undefined)])
        if (ended !== undefined && facts.length === 0) throw new Error(`${runtime.name} ended: ${errors}${output}`)
      }
      return facts.shift()!
    },
    end,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await exit
    },
  }
}
