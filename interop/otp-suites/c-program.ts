import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { atom, decode, encode, type Term, tuple } from '@dynsrv/etf'
import { compileModules, type OtpSuite, type SuitePlace } from '@dynsrv/tools/otp-suites'

/** What OTP's C programs of a suite are made of. */
interface CPrograms {
  readonly suite: OtpSuite
  /** The one that a suite gives commands to. */
  readonly commanded: string
  /** The one that makes many nodes. */
  readonly many: string
}

/** Compiles the C programs of a suite with OTP's own `libei`, and gives the folder with them. */
export function compilePrograms({ suite, commanded, many }: CPrograms, place: SuitePlace): string {
  compileModules({ ...suite, programs: {} }, place)
  const { folder, otp } = place
  const library = execFileSync('sh', ['-c', `echo ${otp}/root/usr/lib/erlang/lib/erl_interface-*`], {
    encoding: 'utf8',
  })
  const interfaces = library.trim()
  const common = join(otp, 'otp/lib/erl_interface/test/all_SUITE_data')
  const cwd = join(folder, `${suite.module}_data`)
  for (const [program, ...parts] of [
    [commanded, `${commanded}.c`, `${commanded}_decl.c`, join(common, 'ei_runner.c'), join(common, 'my_ussi.c')],
    [many, `${many}.c`, join(common, 'ei_runner.c'), join(common, 'my_ussi.c')],
  ] as const) {
    const includes = [`-I${interfaces}/include`, `-I${common}`]
    const libraries = [`${interfaces}/lib/libei.a`, '-lpthread']
    execFileSync('cc', ['-w', '-D_REENTRANT', ...includes, '-o', program, ...parts, ...libraries], {
      cwd,
      stdio: 'pipe',
    })
  }
  return cwd
}

/** A C program of a suite, given commands as `runner.erl` does. */
export class CProgram implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  readonly #waiting: ((packet: Buffer) => void)[] = []
  #bytes = Buffer.alloc(0)

  constructor(path: string, env: Readonly<Record<string, string>>) {
    this.#child = spawn(path, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } })
    this.#exited = once(this.#child, 'exit')
    this.#child.stdout!.on('data', (chunk: Buffer) => this.#receive(chunk))
    // The first test of the program, and the only one.
    this.#write(Buffer.of(0, 0))
  }

  /** Gives a command, and what the program answers. */
  async command(name: string, ...args: readonly Term[]): Promise<Term> {
    const answer = new Promise<Buffer>((resolve) => this.#waiting.push(resolve))
    this.#write(Buffer.concat([Buffer.from('t'), encode(tuple(atom(name), tuple(...args)))]))
    const packet = await answer
    if (packet[0] === 't'.charCodeAt(0)) return decode(packet.subarray(1), { float: 'boxed' })
    throw new Error(`${name}: ${packet.subarray(1).toString()}`)
  }

  /** Ends it in order. @throws {Error} when it does not end well */
  async finish(): Promise<void> {
    this.#write(Buffer.from('e'))
    const [code] = (await this.#exited) as [number | null]
    if (code !== 0) throw new Error(`it ended with ${code}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }

  #write(packet: Uint8Array): void {
    const size = Buffer.alloc(4)
    size.writeUInt32BE(packet.length)
    this.#child.stdin!.write(Buffer.concat([size, packet]))
  }

  #receive(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    while (this.#bytes.length >= 4 && this.#bytes.length >= 4 + this.#bytes.readUInt32BE()) {
      const end = 4 + this.#bytes.readUInt32BE()
      const packet = this.#bytes.subarray(4, end)
      this.#bytes = this.#bytes.subarray(end)
      // `m` is a message for a log.
      if (packet[0] !== 'm'.charCodeAt(0)) this.#waiting.shift()?.(packet)
    }
  }
}
