import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from './temporary-folder.ts'

export interface BeamOptions {
  /** The full node name, `alive@host`. */
  readonly name: string
  /** Whether that is a short name (`-sname`); Erlang only. */
  readonly short?: boolean
  readonly cookie: string
  /** Given to the VM as they are, before the evaluation loop. */
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** The program to run, for another release than that of `ERL`. */
  readonly program?: string
  /** The network namespace to run in; Erlang only. */
  readonly namespace?: string
}

/** The Erlang that tests talk to: that of `DYNSRV_TEST_ERL`, which is a path of another release's `erl`, or the one on the PATH. */
export const ERL = process.env.DYNSRV_TEST_ERL ?? 'erl'

/** The compiler of the same release: what one release compiles, an older one does not always load. */
export const ERLC = ERL === 'erl' ? 'erlc' : join(dirname(ERL), 'erlc')

/** A real BEAM node that evaluates expressions, one at a time. */
export interface Beam extends AsyncDisposable {
  readonly name: string
  readonly pid: number
  /** All that the node printed, its log included. */
  output(): string
  /**
   * Evaluates an expression of the node's language (Erlang with its closing dot left out, or Elixir).
   *
   * @returns the value as that language prints it
   * @throws {Error} when the evaluation raised or the node ended
   */
  eval(expression: string): Promise<string>
  /** Ends it at once, as a crash of the machine would. */
  kill(): Promise<void>
  /** Freezes or thaws the whole VM. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void
  /** Ends it in order. */
  stop(): Promise<void>
}

// One line in, one line out: base64 keeps expressions and values with line breaks whole.
const ERL_LOOP = `
  Loop = fun Self() ->
    case io:get_line("") of
      Line when is_list(Line) ->
        Text = unicode:characters_to_list(base64:decode(string:trim(Line))) ++ ".",
        Reply = try
          {ok, Tokens, _} = erl_scan:string(Text),
          {ok, Exprs} = erl_parse:parse_exprs(Tokens),
          {value, Value, _} = erl_eval:exprs(Exprs, []),
          "ok " ++ base64:encode_to_string(unicode:characters_to_binary(io_lib:format("~0tp", [Value])))
        catch Class:Reason -> "error " ++ base64:encode_to_string(unicode:characters_to_binary(io_lib:format("~0tp:~0tp", [Class, Reason])))
        end,
        io:format("~n#reply ~s~n", [Reply]),
        Self();
      _ -> init:stop()
    end
  end,
  io:format("~n#ready~n"),
  spawn(Loop).`

const ELIXIR_LOOP = `
  loop = fn loop ->
    case IO.gets("") do
      line when is_binary(line) ->
        reply =
          try do
            {value, _} = line |> String.trim() |> Base.decode64!() |> Code.eval_string()
            "ok " <> Base.encode64(inspect(value, limit: :infinity, printable_limit: :infinity))
          catch
            kind, reason -> "error " <> Base.encode64(Exception.format(kind, reason))
          end
        IO.puts("\\n#reply " <> reply)
        loop.(loop)
      _ -> System.stop()
    end
  end
  IO.puts("\\n#ready")
  spawn(fn -> loop.(loop) end)`

/** Starts a real Erlang node; it is stopped when its scope ends. */
export function startErl(options: BeamOptions): Promise<Beam> {
  const { name, short = false, cookie, args = [], env = {}, program = ERL, namespace } = options
  const erl = [program, '-noshell', short ? '-sname' : '-name', name, '-setcookie', cookie, ...args, '-eval', ERL_LOOP]
  const [command, ...rest] = namespace === undefined ? erl : ['ip', 'netns', 'exec', namespace, ...erl]
  return start(name, command!, rest, env)
}

/** Starts a real Elixir node; it is stopped when its scope ends. */
export function startElixir({ name, cookie, args = [], env = {}, program = 'elixir' }: BeamOptions): Promise<Beam> {
  const erl = ['-noshell', ...args].map(quoteForElixir).join(' ')
  return start(name, program, ['--name', name, '--cookie', cookie, '--erl', erl, '--no-halt', '-e', ELIXIR_LOOP], env)
}

/** The flags with which a BEAM node uses the companion in place of epmd. */
export function companionArgs(folder = compileCompanion()): string[] {
  return ['-pa', folder, '-start_epmd', 'false', '-epmd_module', 'dynsrv_epmd']
}

let compiled: string | undefined

/** Compiles the companion once and tells the folder of its `.beam` file. */
export function compileCompanion(): string {
  if (compiled !== undefined) return compiled
  const folder = temporaryFolder('companion')
  const source = fileURLToPath(new URL('../../packages/epmd-shim/beam/dynsrv_epmd.erl', import.meta.url))
  copyFileSync(source, join(folder, 'dynsrv_epmd.erl'))
  execFileSync(ERLC, ['-Werror', '-o', folder, join(folder, 'dynsrv_epmd.erl')])
  compiled = folder
  return folder
}

/** `elixir --erl` takes one string and cuts it at blanks. */
function quoteForElixir(argument: string): string {
  if (/\s/.test(argument)) throw new TypeError(`elixir --erl cannot carry an argument with a blank: ${argument}`)
  return argument
}

async function start(name: string, program: string, args: string[], env: BeamOptions['env']): Promise<Beam> {
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C.UTF-8', ERL_CRASH_DUMP_SECONDS: '0', ...env },
  })
  const beam = new BeamProcess(name, child)
  await beam.ready
  return beam
}

class BeamProcess implements Beam {
  readonly name: string
  readonly ready: Promise<void>
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  #output = ''
  #ended: Error | undefined
  #waiting: { resolve: (line: string) => void; reject: (reason: Error) => void }[] = []

  constructor(name: string, child: ChildProcess) {
    this.name = name
    this.#child = child
    this.#exited = once(child, 'exit')
    child.stdin?.on('error', () => this.#end('its standard input closed'))
    child.once('error', (cause) => this.#end(cause.message))
    child.once('exit', (code, signal) => this.#end(`it ended with ${signal ?? `code ${code}`}`))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text
    })
    this.ready = new Promise((resolve, reject) => {
      this.#waiting.push({ resolve: () => resolve(), reject })
    })
    createInterface({ input: child.stdout! }).on('line', (line) => {
      if (line === '#ready' || line.startsWith('#reply ')) this.#waiting.shift()?.resolve(line)
      else this.#output += `${line}\n`
    })
  }

  get pid(): number {
    return this.#child.pid!
  }

  output(): string {
    return this.#output
  }

  async eval(expression: string): Promise<string> {
    if (this.#ended !== undefined) throw this.#ended
    const reply = new Promise<string>((resolve, reject) => this.#waiting.push({ resolve, reject }))
    this.#child.stdin!.write(`${Buffer.from(expression).toString('base64')}\n`)
    const [, outcome, encoded] = (await reply).split(' ')
    const text = Buffer.from(encoded ?? '', 'base64').toString()
    if (outcome !== 'ok') throw new Error(`${this.name} could not evaluate ${expression}: ${text}`)
    return text
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal)
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.stdin!.end()
    const patience = setTimeout(() => this.#child.kill('SIGKILL'), 5_000)
    await this.#exited
    clearTimeout(patience)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #end(why: string): void {
    this.#ended ??= new Error(`${this.name}: ${why}\n${this.#output}`)
    for (const { reject } of this.#waiting.splice(0)) reject(this.#ended)
  }
}
