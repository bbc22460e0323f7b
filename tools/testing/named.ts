import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from './free-port.ts'

/** A real BIND on loopback that serves one zone. */
export interface Named extends AsyncDisposable {
  readonly address: string
  stop(): Promise<void>
}

/** @param lines records of the zone, in zone file form, below its SOA and NS */
export async function startNamed(zone: string, lines: readonly string[]): Promise<Named> {
  const folder = await mkdtemp(join(tmpdir(), 'named-'))
  const port = await freePort()
  const soa = `$TTL 60\n@ IN SOA ns.${zone}. hostmaster.${zone}. 1 3600 600 86400 17\n@ IN NS ns.${zone}.\nns IN A 127.0.0.1`
  await writeFile(join(folder, 'zone'), `${[soa, ...lines].join('\n')}\n`)
  await writeFile(
    join(folder, 'named.conf'),
    `options { directory "${folder}"; listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; }; pid-file none;
      session-keyfile none; recursion no; dnssec-validation no; allow-transfer { none; };
      max-records-per-type 0; };
    controls { };
    zone "${zone}" { type primary; file "zone"; };`,
  )
  const child = spawn('named', ['-g', '-c', join(folder, 'named.conf'), '-n', '1'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let log = ''
  let failure: Error | undefined
  child.on('error', (error) => {
    failure = new Error(`${error.message}; on Debian: apt-get install bind9`, { cause: error })
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
  const exited = once(child, 'exit')
  exited.catch(() => undefined)
  while (!(await accepts(port))) {
    if (failure !== undefined) throw failure
    if (child.exitCode !== null) throw new Error(`named did not start: ${log.trim()}`)
    await pause(30)
  }
  const stop = async () => {
    child.kill()
    await exited
    await rm(folder, { recursive: true, force: true })
  }
  return { address: `127.0.0.1:${port}`, stop, [Symbol.asyncDispose]: stop }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
