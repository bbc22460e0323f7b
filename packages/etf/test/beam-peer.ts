import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { ERL, ERLC } from '@dynsrv/tools/beam'

/** The release of the Erlang that the tests talk to. */
export const OTP_RELEASE = Number(
  execFileSync(ERL, ['-noshell', '-eval', 'io:put_chars(erlang:system_info(otp_release)), halt().'], {
    encoding: 'utf8',
  }),
)

/** A running `erl` that decodes, encodes, compares and prints terms on request; see beam_peer.erl. */
export class BeamPeer implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #requests: Writable
  readonly #folder: string
  readonly #waiting: { readonly resolve: (answer: Buffer) => void; readonly reject: (reason: Error) => void }[] = []
  #received = Buffer.alloc(0)

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), 'dynsrv-etf-'))
    // Another release sees only the temporary folder of this system.
    const source = join(this.#folder, 'beam_peer.erl')
    copyFileSync(fileURLToPath(new URL('beam_peer.erl', import.meta.url)), source)
    execFileSync(ERLC, ['-o', this.#folder, source])
    const args = ['-noinput', '-noshell', '-pa', this.#folder, '-s', 'beam_peer', 'main']
    this.#child = spawn(ERL, args, {
      stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'pipe'],
      env: { ...process.env, ERL_CRASH_DUMP_SECONDS: '0' },
    })
    this.#requests = this.#child.stdio[3] as Writable
    this.#child.stdio[4]!.on('data', (chunk: Buffer) => this.#receive(chunk))
    this.#child.once('exit', (code) => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(`erl ended with code ${code}`))
    })
  }

  /** BEAM's own encoding of what it decoded. */
  echo(bytes: Uint8Array): Promise<Buffer> {
    return this.#ask('e', bytes)
  }

  /** BEAM's own encoding, with the keys of each map in its order of terms. */
  deterministic(bytes: Uint8Array): Promise<Buffer> {
    return this.#ask('d', bytes)
  }

  /** Whether the two encodings are one term for BEAM. */
  async isSame(a: Uint8Array, b: Uint8Array): Promise<boolean> {
    const size = Buffer.alloc(4)
    size.writeUInt32BE(a.length)
    return (await this.#ask('=', Buffer.concat([size, a, b]))).toString() === 'true'
  }

  /** How many bytes BEAM used of it, or `badarg`. */
  async verdict(bytes: Uint8Array): Promise<string> {
    return (await this.#ask('v', bytes)).toString()
  }

  async text(bytes: Uint8Array): Promise<string> {
    return (await this.#ask('p', bytes)).toString()
  }

  /** The encoding of a list of binaries, each the encoding of a random term. */
  random(seed: number, count: number): Promise<Buffer> {
    const body = Buffer.alloc(8)
    body.writeUInt32BE(seed, 0)
    body.writeUInt32BE(count, 4)
    return this.#ask('g', body)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#child, 'exit')
    this.#requests.end()
    await exited
    rmSync(this.#folder, { recursive: true })
  }

  #ask(operation: string, body: Uint8Array): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      const head = Buffer.alloc(5)
      head.writeUInt32BE(body.length + 1)
      head.write(operation, 4)
      this.#requests.write(Buffer.concat([head, body]))
    })
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk])
    while (this.#received.length >= 4 && this.#received.length >= 4 + this.#received.readUInt32BE()) {
      const end = 4 + this.#received.readUInt32BE()
      this.#waiting.shift()!.resolve(this.#received.subarray(4, end))
      this.#received = this.#received.subarray(end)
    }
  }
}
