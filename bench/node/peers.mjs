import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ErlEpmd } from '@dynsrv/epmd-shim'
import { freePort } from '../free-port.mjs'
import { CommandProcess } from './command-process.mjs'

const COOKIE = 'bench'
const HERE = fileURLToPath(new URL('.', import.meta.url))

let library
/** Where OTP keeps its libraries. */
function libraryFolder() {
  const ask = 'io:put_chars(code:lib_dir()), halt().'
  library ??= execFileSync('erl', ['-noshell', '-boot', 'start_clean', '-eval', ask], { encoding: 'utf8' })
  return library
}

/** An epmd of our own on loopback, the hub and the unlimited sender on one core, the peers on the other. */
export class Stage {
  cookie = COOKIE
  hub = 'hub@127.0.0.1'
  ideal = 'ideal@127.0.0.1'
  #cores
  #folder = mkdtempSync(join(tmpdir(), 'dynsrv-bench-'))
  #epmd
  #epmdPort
  #running = []
  #known
  #twin
  #base
  #fresh = 0

  /**
   * @param twin the file of another build of `@dynsrv/node`, for the peer `twin`
   * @param base the folder of another state of the project, built, for the peer `base`
   */
  static async open([hubCore, peerCore], { twin, base }) {
    const stage = new Stage()
    stage.#twin = twin
    stage.#base = base
    stage.#cores = { hub: hubCore, peer: peerCore }
    stage.#epmdPort = await freePort()
    const args = ['-port', String(stage.#epmdPort), '-address', '127.0.0.1']
    stage.#epmd = spawn('epmd', args, { stdio: 'ignore' })
    execFileSync('erlc', ['-Werror', '-o', stage.#folder, join(HERE, 'node_bench.erl')])
    const hub = await stage.#erl('hub', stage.#cores.hub)
    const ideal = await stage.#start(stage.#cores.hub, process.execPath, [join(HERE, 'ideal.mjs'), stage.ideal, COOKIE])
    stage.#running.push(hub, ideal)
    stage.#known = {
      [stage.hub]: { ip: '127.0.0.1', port: await stage.#portOf(stage.hub) },
      [stage.ideal]: { ip: '127.0.0.1', port: ideal.port },
    }
    return stage
  }

  /** Starts the program of one kind of peer. */
  async start(kind) {
    const made = { kind, process: await this.#peer(kind, `${kind}_peer`) }
    this.#running.push(made.process)
    return made
  }

  /** One more process of that kind, to be stopped by the caller. */
  fresh = async ({ kind }) => {
    const name = `${kind}_fresh${this.#fresh++}`
    const made = await this.#peer(kind, name)
    made.name = `${name}@127.0.0.1`
    return made
  }

  startDialers = async (process, cookie) => {
    const port = process.port || (await this.#portOf(process.name))
    const args = [join(HERE, 'dialers.mjs'), process.name, String(port), cookie]
    return this.#start(this.#cores.hub, globalThis.process.execPath, args)
  }

  async close() {
    await Promise.all(this.#running.map((running) => running.stop()))
    this.#epmd.kill()
    rmSync(this.#folder, { recursive: true })
  }

  #peer(kind, alive) {
    const core = this.#cores.peer
    if (kind === 'erl') return this.#erl(alive, core)
    if (kind === 'ei') return this.#start(core, this.#compileC(), [alive, COOKIE])
    if (kind === 'jinterface') {
      return this.#start(core, 'java', ['-cp', this.#compileJava(), 'NodePeer', alive, COOKIE])
    }
    const known = JSON.stringify(this.#known)
    return this.#start(core, process.execPath, [
      ...(process.env.BENCH_NODE_OPTIONS?.split(' ') ?? []),
      '--expose-gc',
      kind === 'base' ? join(this.#base, 'bench', 'node', 'node-peer.mjs') : join(HERE, 'node-peer.mjs'),
      `${alive}@127.0.0.1`,
      COOKIE,
      known,
      ...(kind === 'twin' ? [resolve(this.#twin)] : []),
    ])
  }

  /** `erl_interface`, of Debian's `erlang-dev`. */
  #compileC() {
    const program = join(this.#folder, 'node_peer')
    if (existsSync(program)) return program
    const library = join(
      libraryFolder(),
      readdirSync(libraryFolder()).find((name) => name.startsWith('erl_interface-')),
    )
    const paths = [`-I${join(library, 'include')}`, `-L${join(library, 'lib')}`]
    const source = join(HERE, 'node_peer.c')
    execFileSync('gcc', [
      '-O2',
      '-Wall',
      '-Werror',
      '-D_REENTRANT',
      ...paths,
      '-o',
      program,
      source,
      '-lei',
      '-lpthread',
    ])
    return program
  }

  /** JInterface, of Debian's `erlang-jinterface`. */
  #compileJava() {
    const name = readdirSync(libraryFolder()).find((entry) => entry.startsWith('jinterface-'))
    const path = `${join(libraryFolder(), name, 'priv', 'OtpErlang.jar')}:${this.#folder}`
    if (existsSync(join(this.#folder, 'NodePeer.class'))) return path
    execFileSync('javac', ['-cp', path, '-d', this.#folder, join(HERE, 'NodePeer.java')])
    return path
  }

  #erl(alive, core) {
    const name = ['-name', `${alive}@127.0.0.1`, '-setcookie', COOKIE, '-hidden']
    const loopback = ['-kernel', 'inet_dist_use_interface', '{127,0,0,1}', '-start_epmd', 'false']
    const args = ['+S', '1:1', '-noshell', ...name, ...loopback, '-pa', this.#folder, '-s', 'node_bench', 'main']
    return this.#start(core, 'erl', args)
  }

  #start(core, command, args) {
    return CommandProcess.start(core, command, args, { ERL_EPMD_PORT: String(this.#epmdPort) })
  }

  async #portOf(name) {
    const epmd = new ErlEpmd({ epmdPort: this.#epmdPort })
    for (let tries = 0; ; tries++) {
      try {
        return (await epmd.addressPlease(...name.split('@'), 'inet')).candidates[0].port
      } catch (error) {
        if (tries === 20) throw error
        await pause(50)
      }
    }
  }
}
