import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from './free-port.ts'

/** A member of a service as dnsmasq shall tell it. */
export interface DnsmasqMember {
  readonly label: string
  readonly port: number
  readonly ip?: string
}

export interface DnsmasqOptions {
  /** The SRV owner name, for instance `my-service.service.consul`. */
  readonly service: string
  readonly members: readonly DnsmasqMember[]
  /** Where it listens on 127.0.0.1, UDP and TCP; a free port when left out. */
  readonly port?: number
}

/** A real dnsmasq on loopback that serves one service; it reads its records only at start. */
export interface Dnsmasq extends AsyncDisposable {
  readonly address: `127.0.0.1:${number}`
  readonly port: number
  stop(): Promise<void>
}

export async function startDnsmasq({ service, members, port }: DnsmasqOptions): Promise<Dnsmasq> {
  const listen = port ?? (await freePort())
  const records = members.flatMap(({ label, port: target, ip = '127.0.0.1' }) => [
    `--srv-host=${service},${label}.${service},${target}`,
    `--host-record=${label}.${service},${ip}`,
  ])
  const child = spawn(
    'dnsmasq',
    [
      '--keep-in-foreground',
      '--conf-file=/dev/null',
      '--pid-file=',
      '--no-resolv',
      '--no-hosts',
      '--user=root',
      '--listen-address=127.0.0.1',
      '--bind-interfaces',
      `--local=/${service}/`,
      `--port=${listen}`,
      ...records,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text
  })
  const exited = once(child, 'exit')
  while (!(await accepts(listen))) {
    if (child.exitCode !== null) throw new Error(`dnsmasq did not start: ${complaint.trim()}`)
    await pause(20)
  }
  const stop = async () => {
    child.kill()
    await exited
  }
  return { address: `127.0.0.1:${listen}`, port: listen, stop, [Symbol.asyncDispose]: stop }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
