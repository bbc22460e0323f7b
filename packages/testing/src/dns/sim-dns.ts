import { type ZoneFault, type ZoneMatch, type ZoneRecord, ZoneServer } from '@dynsrv/srv-resolver'
import type { Host } from '../host.ts'
import type { SimLog } from '../log/sim-log.ts'

/** The machine that it runs on. */
export let hostOf: (dns: SimDns) => Host

/** Makes the DNS server of a simulation. */
export let makeDns: (host: Host, log: SimLog) => SimDns

/** The DNS server of a simulation, on a host of its own that every other host asks. */
export class SimDns {
  readonly #host: Host
  readonly #log: SimLog
  readonly #server: ZoneServer
  readonly #listening: Promise<void>

  static {
    makeDns = (host, log) => new SimDns(host, log)
    hostOf = (dns) => dns.#host
  }

  private constructor(host: Host, log: SimLog) {
    this.#host = host
    this.#log = log
    this.#server = new ZoneServer({ host: host.ip, port: 53, world: host.start().world })
    this.#listening = this.#server.resume()
  }

  /** Where it listens, `ip:port`. */
  get address(): string {
    return this.#server.address
  }

  /** @internal Resolves when it listens. */
  get listening(): Promise<void> {
    return this.#listening
  }

  /** Adds records; one that differs only in TTL, priority or weight replaces that which is there. */
  add(...records: readonly ZoneRecord[]): void {
    this.#server.add(...records)
    for (const record of records) this.#note(`${record.type} ${record.name} is added`)
  }

  /** Takes records away: those with all of these fields, or those that a function picks. @returns how many */
  remove(match: ZoneMatch): number {
    const count = this.#server.remove(match)
    this.#note(`${count} records are removed`)
    return count
  }

  /** All records. */
  records(): readonly ZoneRecord[] {
    return this.#server.records()
  }

  /** Misbehaves this way from now on: every fault of the zone server of `@dynsrv/srv-resolver`. */
  fail(...faults: readonly [ZoneFault, ...ZoneFault[]]): void {
    this.#server.setFault(...faults)
    this.#note(
      `fails: ${faults.map((fault) => (typeof fault === 'string' ? fault : JSON.stringify(fault))).join(', ')}`,
    )
  }

  /** Behaves again. */
  heal(): void {
    this.#server.setFault()
    this.#note('answers again')
  }

  #note(text: string): void {
    this.#log.note(this.#host.name, text)
  }
}
