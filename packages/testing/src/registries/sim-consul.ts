import type { ServerResponse } from 'node:http'
import type { Host } from '../host.ts'
import type { SimLog } from '../log/sim-log.ts'
import { HttpRegistry, type RegisteredMember } from './http-registry.ts'

const PORT = 8_500
/** What Consul waits when a blocking query does not say it, and at most. Unit: milliseconds. */
const WAIT_MS = 300_000
const MAX_WAIT_MS = 600_000
const DATACENTER = 'dc1'

/** Makes the Consul of a simulation. */
export let makeConsul: (host: Host, log: SimLog) => SimConsul

/**
 * Consul's HTTP API in a simulation: `/v1/health/service` with blocking queries, and `/v1/catalog/node`. Every member is an
 * instance of the service that the first label of its SRV name names; its metadata have its node name as `node`.
 *
 * @see Consul, "HTTP API": Health, Catalog, Blocking queries
 */
export class SimConsul extends HttpRegistry {
  static {
    makeConsul = (host, log) => new SimConsul(host, log)
  }

  private constructor(host: Host, log: SimLog) {
    super(host, PORT, log)
  }

  protected override answer(url: URL, response: ServerResponse): void {
    const [, kind, name = ''] = /^\/v1\/(health\/service|catalog\/node)\/([^/]+)$/.exec(url.pathname) ?? []
    if (kind === undefined) {
      response.statusCode = 404
      response.end()
      return
    }
    const asked = decodeURIComponent(name)
    const say = (): void => {
      response.setHeader('x-consul-index', String(this.index))
      response.setHeader('x-consul-knownleader', String(!this.isStale))
      this.send(response, kind === 'catalog/node' ? this.#node(asked) : this.#instances(asked))
    }
    // An index that is behind, or ahead as after a restore, is answered at once.
    if (url.searchParams.get('index') !== String(this.index)) say()
    else this.wait(response, waitMs(url.searchParams.get('wait')), say, say)
  }

  #instances(service: string): unknown[] {
    return this.members.filter((member) => member.service === service).map(instance)
  }

  #node(name: string): unknown {
    const member = this.members.find(({ id }) => id === name)
    return member === undefined ? null : { Node: machine(member), Services: { [member.id]: instance(member).Service } }
  }
}

function machine({ id, ip }: RegisteredMember) {
  return { ID: `machine-${id}`, Node: id, Address: ip, Datacenter: DATACENTER, Meta: {} }
}

function instance(member: RegisteredMember) {
  const { id, service, node, ip, port } = member
  return {
    Node: machine(member),
    Service: {
      ID: id,
      Service: service,
      Tags: [],
      Address: ip,
      Port: port,
      Meta: { node },
      Weights: { Passing: 1, Warning: 1 },
    },
    Checks: [{ Node: id, CheckID: 'serfHealth', Status: 'passing' }],
  }
}

/** `300s`, `5m`, `300000ms`. */
function waitMs(text: string | null): number {
  const [, count, unit = ''] = /^(\d+)(ms|s|m)$/.exec(text ?? '') ?? []
  const ms = Number(count) * ({ ms: 1, s: 1_000, m: 60_000 }[unit] ?? Number.NaN)
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, MAX_WAIT_MS) : WAIT_MS
}
