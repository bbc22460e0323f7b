import type { World } from '@dynsrv/kit'
import { HostFiles } from './host-files.ts'
import type { SimLog } from './log/sim-log.ts'
import type { Machine, Process } from './machine.ts'
import type { Fabric } from './network/fabric.ts'
import { HostPorts } from './network/host-ports.ts'
import { processNetwork } from './network/process-network.ts'
import { HostClock } from './time/host-clock.ts'
import type { Due, Schedule } from './time/schedule.ts'
import { SeededRandom } from './time/seeded-random.ts'

/** What all hosts of a simulation share. */
export interface HostParts {
  readonly seed: number
  readonly schedule: Schedule
  readonly fabric: Fabric
  readonly log: SimLog
  /** The DNS server that hosts ask. */
  readonly nameserver: string
}

/** A machine: an address, a clock, files, and one process at a time. */
export class Host implements Machine {
  readonly name: string
  readonly ip: string
  readonly files: HostFiles
  readonly ports = new HostPorts()
  readonly parts: HostParts
  /** How far its clock is from the right time. Unit: milliseconds. */
  clockOffsetMs = 0
  /** How long each turn of its event loop takes. Unit: milliseconds. */
  turnMs = 0
  /** Whether it has power. */
  isOn = true
  #process: SimProcess | undefined
  #starts = 0
  #isFrozen = false

  constructor(name: string, ip: string, parts: HostParts) {
    this.name = name
    this.ip = ip
    this.parts = parts
    this.files = new HostFiles(parts.schedule, {
      '/etc/resolv.conf': `nameserver ${parts.nameserver}\n`,
      '/etc/hosts': `127.0.0.1 localhost\n${ip} ${name}\n`,
    })
    parts.fabric.add(this)
  }

  get process(): SimProcess | undefined {
    return this.#process
  }

  /** Whether its process gets nothing to do. */
  get isFrozen(): boolean {
    return this.#isFrozen
  }

  /** Starts a process; one that runs is killed. */
  start(): SimProcess {
    this.kill()
    this.isOn = true
    this.#isFrozen = false
    this.#process = new SimProcess(this, this.parts, this.#starts++)
    return this.#process
  }

  /** Ends the process at once, as SIGKILL does; the system closes its sockets. */
  kill(): void {
    this.#end()
    this.ports.closeAll()
  }

  /** Takes the power away: nothing of it is heard any more. */
  powerOff(): void {
    this.#end()
    this.isOn = false
    this.ports.forgetAll()
  }

  /** The process stands still, as after SIGSTOP; the system goes on to take what comes in. */
  freeze(): void {
    this.#isFrozen = true
  }

  thaw(): void {
    this.#isFrozen = false
    this.#process?.thaw()
  }

  #end(): void {
    this.#process?.end()
    this.#process = undefined
  }
}

/** One run of a program on a host. What is left of it when it has ended finds that nothing happens any more. */
export class SimProcess implements Process {
  readonly host: Host
  readonly schedule: Schedule
  readonly world: World
  readonly clock = new HostClock(this)
  #isAlive = true
  /** What waits until the process gets a turn. */
  readonly #held: (() => void)[] = []
  #busyUntil = 0

  constructor(host: Host, { fabric, log, schedule, seed }: HostParts, starts: number) {
    this.host = host
    this.schedule = schedule
    const random = new SeededRandom(`${seed} ${host.name} ${starts}`)
    this.world = {
      clock: this.clock,
      // Parts of a program hand these functions on without their object.
      random: { number: () => random.number(), bytes: (length) => random.bytes(length) },
      network: processNetwork(this, fabric),
      files: host.files,
      system: {
        env: {},
        folder: () => '/app',
        homeFolder: () => '/root',
        hostName: () => host.name,
        shared: {},
        print: (text) => log.note(host.name, text.trimEnd()),
        warn: (message, { code }) => log.note(host.name, `warning ${code}: ${message}`),
      },
    }
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  /** Gives the process something to do after a time. */
  post(ms: number, work: () => void): Due {
    return this.schedule.after(ms, () => this.enter(work))
  }

  cancel(due: Due | undefined): void {
    this.schedule.cancel(due)
  }

  /** Gives the process something to do now, or as soon as it gets a turn. */
  enter(work: () => void): void {
    if (!this.#isAlive) return
    if (this.host.isFrozen) {
      this.#held.push(work)
      return
    }
    const { now } = this.schedule
    if (now < this.#busyUntil) {
      this.schedule.at(this.#busyUntil, () => this.enter(work))
      return
    }
    this.#busyUntil = now + this.host.turnMs
    work()
  }

  /** What was held back is done now, in its order. */
  thaw(): void {
    for (const work of this.#held.splice(0)) this.post(0, work)
  }

  end(): void {
    this.#isAlive = false
    this.#held.length = 0
  }
}
