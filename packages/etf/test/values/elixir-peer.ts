import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { decode, encode, type Term } from '../../src/index.ts'

function base64(bytes: Uint8Array | string): string {
  return Buffer.from(bytes as Uint8Array).toString('base64')
}

/** A running `elixir` that makes and compares terms on request; see elixir_values.exs. */
export class ElixirPeer implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #lines: AsyncIterator<string>

  private constructor() {
    this.#child = spawn('elixir', [fileURLToPath(new URL('elixir_values.exs', import.meta.url))])
    this.#child.stderr.pipe(process.stderr)
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  static async start(): Promise<ElixirPeer> {
    const peer = new ElixirPeer()
    await peer.#line()
    return peer
  }

  /** Encodings of random terms. */
  async random(seed: number, count: number): Promise<readonly Uint8Array[]> {
    return decode(Buffer.from(await this.#ask(`random ${seed} ${count}`), 'base64')) as readonly Uint8Array[]
  }

  /** Whether two encodings are one term (`===`). */
  async isSame(a: Uint8Array, b: Uint8Array): Promise<boolean> {
    return (await this.#ask(`same ${base64(a)} ${base64(b)}`)) === 'true'
  }

  /** What a function of Elixir says of a term, as `inspect` writes it; the message of what it raised. */
  async eval(code: string, term: Term): Promise<string> {
    return await this.#ask(`eval ${base64(code)} ${base64(encode(term))}`)
  }

  /** The encoding of what an expression gives. */
  async make(code: string): Promise<Uint8Array> {
    return Buffer.from(await this.#ask(`make ${base64(code)}`), 'base64')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#child, 'exit')
    this.#child.stdin.end()
    await exited
  }

  async #ask(line: string): Promise<string> {
    this.#child.stdin.write(`${line}\n`)
    return await this.#line()
  }

  async #line(): Promise<string> {
    const { value, done } = await this.#lines.next()
    if (done === true) throw new Error('elixir ended')
    return value
  }
}
