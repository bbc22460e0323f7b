import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { oneLine } from '@dynsrv/kit'
import { type DemoNode, type DemoNodeEvents, START_TIMEOUT_MS } from './demo-node.ts'

// The node's whole program: a process called echo, a watcher of links, and a loop that does what it reads. OTP 23 dials
// only hosts that its own resolver knows, whatever its epmd module says; later releases ask the epmd module.
const PROGRAM = `
  case list_to_integer(erlang:system_info(otp_release)) < 24 of
    true ->
      [_, Host] = string:split(atom_to_list(node()), "@"),
      inet_db:set_lookup([file | inet_db:res_option(lookup)]),
      inet_db:add_host({127,0,0,1}, [Host]);
    false -> ok
  end,
  register(echo, spawn(fun Echo() -> receive {From, Text} -> From ! {echo, node(), Text}, Echo(); _ -> Echo() end end)),
  spawn(fun() ->
    net_kernel:monitor_nodes(true, [{node_type, all}, nodedown_reason]),
    [io:format("#up ~ts~n", [Node]) || Node <- nodes(connected)],
    (fun Watch() ->
      receive
        {nodeup, Node, _} -> io:format("#up ~ts~n", [Node]);
        {nodedown, Node, Info} -> io:format("#down ~ts ~0tp~n", [Node, proplists:get_value(nodedown_reason, Info)])
      end,
      Watch()
    end)()
  end),
  spawn(fun() ->
    (fun Serve() ->
      case io:get_line("") of
        Line when is_list(Line) ->
          case string:lexemes(Line, " \\n") of
            ["connect", Name] ->
              io:format("#answer ~p~n", [net_kernel:connect_node(list_to_atom(Name))]);
            ["echo", Name, Text] ->
              Start = erlang:monotonic_time(microsecond),
              {echo, list_to_atom(Name)} ! {self(), list_to_binary(Text)},
              receive
                {echo, _, Reply} -> io:format("#answer ~b ~ts~n", [erlang:monotonic_time(microsecond) - Start, Reply])
              after 5000 -> io:format("#answer timeout~n")
              end
          end,
          Serve();
        _ -> init:stop()
      end
    end)()
  end),
  io:format("#ready~n").`

/** What an Erlang node of the demo is started with. */
export interface ErlangNodeOptions {
  readonly name: string
  /** The home folder for the node, which holds its `.erlang.cookie`. */
  readonly home: string
  readonly port: number
  /** The DNS server that the companion asks, `host:port`. */
  readonly dns: string
  /** The folder of the compiled companion. */
  readonly companion: string
}

/** A real, stock Erlang node without epmd: it finds the others with the companion. */
export class ErlangNode implements DemoNode {
  readonly name: string
  readonly port: number
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  readonly #links = new Set<string>()
  readonly #listener: DemoNodeEvents
  #answers: { resolve: (line: string) => void; reject: (reason: Error) => void }[] = []
  #output = ''

  private constructor({ name, port }: ErlangNodeOptions, child: ChildProcess, listener: DemoNodeEvents) {
    this.name = name
    this.port = port
    this.#child = child
    this.#listener = listener
    this.#exited = new Promise((resolve) => child.once('close', resolve))
    child.once('error', (cause) => this.#end(cause.message))
    child.once('close', (code, signal) => this.#end(`it ended with ${signal ?? `code ${code}`}`))
    child.stdin?.on('error', (cause) => this.#end(cause.message))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text
    })
    if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', (line) => this.#read(line))
  }

  static async start(options: ErlangNodeOptions, listener: DemoNodeEvents): Promise<ErlangNode> {
    const { name, home, port, dns, companion } = options
    const flags = ['-noshell', '-name', name, '-pa', companion, '-start_epmd', 'false', '-epmd_module', 'dynsrv_epmd']
    const loopback = ['-kernel', 'inet_dist_use_interface', '{127,0,0,1}']
    const child = spawn('erl', [...flags, ...loopback, '-eval', PROGRAM], {
      stdio: ['pipe', 'pipe', 'pipe'],
      // Ctrl-C in a terminal goes to the whole process group; the demo itself decides when its nodes leave.
      detached: true,
      env: {
        ...process.env,
        // Erlang reads ~/.erlang.cookie; a cookie among the arguments could be read by every user of the machine.
        HOME: home,
        ERL_DIST_PORT: String(port),
        DYNSRV_DNS: dns,
        ERL_CRASH_DUMP_SECONDS: '0',
      },
    })
    const node = new ErlangNode(options, child, listener)
    const patience = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS)
    await node.#answer().finally(() => clearTimeout(patience))
    return node
  }

  get links(): ReadonlySet<string> {
    return this.#links
  }

  /** Dials a peer by name; its own companion finds the address. */
  async connect(peer: string): Promise<boolean> {
    return (await this.#ask(`connect ${peer}`)) === 'true'
  }

  async echo(peer: string, text: string): Promise<{ text: string; microseconds: number }> {
    const [microseconds = '', reply = ''] = (await this.#ask(`echo ${peer} ${text}`)).split(' ')
    if (microseconds === 'timeout') throw new Error(`${this.name} got no answer from ${peer} within 5 s`)
    return { text: reply, microseconds: Number(microseconds) }
  }

  async leave(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.stdin?.end()
    const patience = setTimeout(() => this.#child.kill('SIGKILL'), 4_000)
    await this.#exited
    clearTimeout(patience)
  }

  async #ask(line: string): Promise<string> {
    const answer = this.#answer()
    this.#child.stdin?.write(`${line}\n`)
    return (await answer).replace(/^#answer /, '')
  }

  #answer(): Promise<string> {
    return new Promise((resolve, reject) => this.#answers.push({ resolve, reject }))
  }

  #read(line: string): void {
    const [word, peer = '', ...rest] = line.split(' ')
    if (word === '#up') {
      this.#links.add(peer)
      this.#listener.link({ peer, up: true })
    } else if (word === '#down') {
      this.#links.delete(peer)
      this.#listener.link({ peer, up: false, reason: oneLine(rest.join(' ')) })
    } else if (word === '#ready' || word === '#answer') {
      this.#answers.shift()?.resolve(line)
    } else {
      this.#output += `${line}\n`
    }
  }

  #end(why: string): void {
    const waiting = this.#answers
    this.#answers = []
    for (const { reject } of waiting) reject(new Error(oneLine(`${this.name}: ${why} ${this.#output}`)))
    this.#listener.ended(oneLine(`${why} ${this.#output}`))
  }
}
