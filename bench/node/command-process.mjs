import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** How long a peer may take for one command. */
const PATIENCE_MS = 120_000

/** A program that answers lines on its standard input: "= numbers", or "! reason". */
export class CommandProcess {
  #child
  #lines
  #waiting

  /** Starts it on one core; resolves when it says that it is ready. */
  static async start(core, command, args, env = {}) {
    const made = new CommandProcess()
    const all = ['-c', String(core), command, ...args]
    made.#child = spawn('taskset', all, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } })
    made.#lines = createInterface({ input: made.#child.stdout })
    made.#lines.on('line', (line) => {
      if (/^(ready|=|!)/.test(line)) made.#waiting?.resolve(line)
    })
    made.#child.once('error', (error) => made.#waiting?.reject(error))
    made.#child.once('close', (code) => made.#waiting?.reject(new Error(`${command} ended with ${code}`)))
    const [, pid, port] = (await made.#line('start')).split(' ')
    made.pid = Number(pid)
    made.port = Number(port)
    return made
  }

  /** @returns the numbers of the answer */
  async run(...words) {
    this.#child.stdin.write(`${words.join(' ')}\n`)
    const line = await this.#line(words.join(' '))
    if (line.startsWith('!')) throw new Error(`${words.join(' ')}: ${line}`)
    return line.trim().split(' ').slice(1).map(Number)
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const closed = new Promise((resolve) => this.#child.once('close', resolve))
    const patience = setTimeout(() => this.#child.kill('SIGKILL'), 5_000)
    this.#child.stdin.end()
    await closed
    clearTimeout(patience)
  }

  async #line(what) {
    let patience
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting = { resolve, reject }
        patience = setTimeout(() => reject(new Error(`no answer to: ${what}`)), PATIENCE_MS)
      })
    } finally {
      clearTimeout(patience)
      this.#waiting = undefined
    }
  }
}
