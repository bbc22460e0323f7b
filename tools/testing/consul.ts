import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from './free-port.ts'

/** A real Consul on loopback. */
export interface Consul extends AsyncDisposable {
  /** Of DNS. */
  readonly address: string
  readonly url: string
  readonly node: string
  /** Resolves when the catalog shows them, which is a moment after the agent took them. */
  register(...instances: readonly ConsulService[]): Promise<void>
  deregister(id: string): Promise<void>
  /** Sets the status of an instance's check. */
  check(id: string, outcome: 'pass' | 'warn' | 'fail'): Promise<void>
  stop(): Promise<void>
}

export interface ConsulService {
  readonly id: string
  readonly service?: string
  readonly port: number
  readonly tags?: readonly string[]
  readonly address?: string
  /** The status of its one check; none when left out. */
  readonly status?: 'passing' | 'warning' | 'critical'
}

/** From `DYNSRV_CONSUL`, the PATH, or fetched once from Debian. */
function consulProgram(): string {
  const { DYNSRV_CONSUL, PATH = '' } = process.env
  if (DYNSRV_CONSUL !== undefined && DYNSRV_CONSUL !== '') return DYNSRV_CONSUL
  const onPath = PATH.split(delimiter).map((folder) => join(folder, 'consul'))
  return onPath.find(isExecutable) ?? fetched()
}

function fetched(): string {
  const script = fileURLToPath(new URL('../peers/consul.sh', import.meta.url))
  return execFileSync(script, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim()
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** A port that was free may be taken before Consul listens there: then others are tried. */
class PortTaken extends Error {}

/** @param config additional configuration, such as `dns_config` */
export async function startConsul(config: object = {}): Promise<Consul> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryToStart(config)
    } catch (error) {
      if (!(error instanceof PortTaken) || attempt === 3) throw error
    }
  }
}

async function tryToStart(config: object): Promise<Consul> {
  const program = consulProgram()
  const ports: number[] = []
  while (ports.length < 6) ports.push(await freePort())
  const [http, dns, server, serfLan, serfWan, grpc] = ports as [number, number, number, number, number, number]
  const node = 'lab-1'
  const child = spawn(
    program,
    ['agent', '-dev', '-client=127.0.0.1', '-bind=127.0.0.1', `-node=${node}`, '-log-level=warn']
      .concat(`-http-port=${http}`, `-dns-port=${dns}`, `-server-port=${server}`, `-grpc-port=${grpc}`)
      .concat(`-serf-lan-port=${serfLan}`, `-serf-wan-port=${serfWan}`, '-disable-host-node-id')
      .concat('-hcl', JSON.stringify(config)),
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let log = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text
    })
  }
  const exited = once(child, 'exit')
  const url = `http://127.0.0.1:${http}`
  while (!(await hasLeader(url))) {
    if (child.exitCode !== null) {
      const Fault = log.includes('address already in use') ? PortTaken : Error
      throw new Fault(`Consul did not start: ${log.trim()}`)
    }
    await pause(50)
  }
  const put = async (path: string, body: unknown = {}) => {
    const response = await fetch(`${url}${path}`, { method: 'PUT', body: JSON.stringify(body) })
    if (!response.ok) throw new Error(`Consul refused ${path}: ${await response.text()}`)
    await response.text()
  }
  const registerOne = ({ id, service = 'my-service', port, tags = [], address = '', status }: ConsulService) => {
    const check = status === undefined ? {} : { Check: { TTL: '1h', Status: status } }
    return put('/v1/agent/service/register', {
      ID: id,
      Name: service,
      Port: port,
      Tags: tags,
      Address: address,
      ...check,
    })
  }
  const register = async (...instances: readonly ConsulService[]) => {
    for (let at = 0; at < instances.length; at += 20) {
      await Promise.all(instances.slice(at, at + 20).map(registerOne))
    }
    for (const service of new Set(instances.map((instance) => instance.service ?? 'my-service'))) {
      const ids = instances.filter((instance) => (instance.service ?? 'my-service') === service).map(({ id }) => id)
      await shownInCatalog(url, service, ids)
    }
  }
  const stop = async () => {
    child.kill()
    await exited
  }
  return {
    address: `127.0.0.1:${dns}`,
    url,
    node,
    register,
    deregister: (id) => put(`/v1/agent/service/deregister/${id}`),
    check: (id, outcome) => put(`/v1/agent/check/${outcome}/service:${id}`),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function hasLeader(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/v1/status/leader`)
    return response.ok && (await response.text()).length > 4
  } catch {
    return false
  }
}

/** Blocking queries until the catalog has all of them. */
async function shownInCatalog(url: string, service: string, ids: readonly string[]): Promise<void> {
  for (let index = '0'; ; ) {
    const response = await fetch(`${url}/v1/catalog/service/${service}?wait=10s&index=${index}`)
    const shown = new Set(((await response.json()) as { ServiceID: string }[]).map(({ ServiceID }) => ServiceID))
    if (ids.every((id) => shown.has(id))) return
    index = response.headers.get('x-consul-index') ?? '0'
  }
}
