import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '@dynsrv/tools/free-port'

export interface RealEpmd extends AsyncDisposable {
  readonly port: number
  stop(): Promise<void>
}

/** Starts the epmd of the machine on a port of its own, as a child that ends with its scope. */
export async function startRealEpmd(port?: number, args: readonly string[] = []): Promise<RealEpmd> {
  const chosen = port ?? (await freePort())
  const child = spawn('epmd', ['-port', String(chosen), '-address', '127.0.0.1', ...args], { stdio: 'ignore' })
  const exited = once(child, 'exit')
  while (!(await accepts(chosen))) {
    if (child.exitCode !== null) throw new Error(`epmd did not start on port ${chosen}`)
    await pause(20)
  }
  const stop = async () => {
    child.kill('SIGKILL')
    await exited
  }
  return { port: chosen, stop, [Symbol.asyncDispose]: stop }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
