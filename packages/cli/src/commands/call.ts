import { DynsrvError } from '@dynsrv/cluster'
import { atom, EtfError, encode, inspect, type Term, Tuple } from '@dynsrv/etf'
import { type Node, RemoteError } from '@dynsrv/node'
import { durationMs } from '../options/duration.ts'
import { openDirectory, peerName } from '../peer/directory.ts'
import type { PeerOptions } from '../peer/peer-options.ts'
import { peerCookie, throwAwayNode } from '../peer/throw-away-node.ts'
import { withoutCookie } from '../peer/without-cookie.ts'
import { jsonOfTerm } from '../term/json-of-term.ts'
import { parseTerm } from '../term/parse-term.ts'
import { SHOWN_TERMS } from '../term/shown-terms.ts'
import type { WrittenSyntax } from '../term/term-scanner.ts'
import { EXIT_OK } from '../terminal/exit-code.ts'

/** The options of the commands that speak in terms, as they were typed. */
export interface CallOptions extends PeerOptions {
  readonly syntax?: string
}

/** Calls a function of a node and prints what it returns. @returns the exit code */
export async function call(options: CallOptions, node: string, module: string, fun: string, ...given: string[]) {
  const { syntax, name, args } = functionOf(options, module, fun, given)
  return withNode(options, node, async (us, peer, timeoutMs, masked) => {
    try {
      print(masked(shown(await us.erpc(peer, name.module, name.fun, args, { timeoutMs }), syntax, options)))
    } catch (error) {
      throw error instanceof RemoteError ? raised(error, `${module}.${fun}/${args.length}`, peer, masked) : error
    }
  })
}

/** Calls a function of a node without waiting for what it returns. @returns the exit code */
export async function cast(options: CallOptions, node: string, module: string, fun: string, ...given: string[]) {
  const { name, args } = functionOf(options, module, fun, given)
  return withNode(options, node, async (us, peer, timeoutMs) => {
    us.erpcCast(peer, name.module, name.fun, args)
    // Signals keep their order: an answer to what is asked next says that this one has arrived.
    await us.ping(peer, { timeoutMs })
    if (options.json === true) process.stdout.write(`${JSON.stringify({ sent: true })}\n`)
  })
}

/** Sends a message to a registered process. @returns the exit code */
export async function send(options: CallOptions, node: string, receiver: string, text: string) {
  const name = atomName(receiver)
  const [, message] = sendable(() => [atom(name), parseTerm(text, syntaxOf(options, receiver))] as const)
  return withNode(options, node, async (us, peer, timeoutMs) => {
    us.send({ name, node: peer }, message)
    await us.ping(peer, { timeoutMs })
    if (options.json === true) process.stdout.write(`${JSON.stringify({ sent: true })}\n`)
  })
}

/** Evaluates an expression at a BEAM node and prints its value. @returns the exit code */
export async function evaluate(options: CallOptions, node: string, expression: string) {
  const syntax = syntaxOf(options, 'erlang')
  if (syntax === 'json') {
    throw new DynsrvError('DYNSRV_BAD_OPTION', 'JSON has no expressions', { hint: 'Use --syntax erlang or elixir.' })
  }
  return withNode(options, node, async (us, peer, timeoutMs, masked) => {
    const erpc = (module: string, fun: string, args: readonly Term[]) => us.erpc(peer, module, fun, args, { timeoutMs })
    try {
      const value =
        syntax === 'erlang'
          ? await erlang(erpc, expression)
          : element(await erpc('Elixir.Code', 'eval_string', [expression]), 0)
      print(masked(shown(value, syntax, options)))
    } catch (error) {
      throw error instanceof RemoteError ? raised(error, 'the expression', peer, masked) : error
    }
  })
}

type Erpc = (module: string, fun: string, args: readonly Term[]) => Promise<Term>

async function erlang(erpc: Erpc, expression: string): Promise<Term> {
  const text = await erpc('unicode', 'characters_to_list', [`${expression.replace(/\.?\s*$/, '')} .`])
  const scanned = await erpc('erl_scan', 'string', [text, START])
  await check(erpc, scanned, expression)
  const parsed = await erpc('erl_parse', 'parse_exprs', [element(scanned)])
  await check(erpc, parsed, expression)
  return element(await erpc('erl_eval', 'exprs', [element(parsed), []]))
}

const START = new Tuple([1, 1])

/** `{error, {{Line, Column}, Module, What}, …}` becomes an error with the column. */
async function check(erpc: Erpc, result: Term, expression: string): Promise<void> {
  if (!(result instanceof Tuple) || result.elements[0] !== atom('error')) return
  const [place, module, what] = (element(result) as Tuple).elements as readonly Term[]
  const described = await erpc(inspect(module), 'format_error', [what])
  const text = await erpc('unicode', 'characters_to_binary', [described])
  const [line, column] = place instanceof Tuple ? place.elements.map(Number) : []
  const at = column === undefined ? '' : ` at ${line === 1 ? '' : `line ${line}, `}column ${column}`
  // Where the parser stumbles over our own full stop, what was typed ends too soon.
  const short = line === expression.split('\n').length && column! > (expression.split('\n').at(-1)?.length ?? 0)
  const said = short ? `the expression ends too soon: ${jsonOfTerm(text)}` : `${jsonOfTerm(text)}${at}`
  throw new DynsrvError('DYNSRV_BAD_TERM', said, {
    hint: 'Write an Erlang expression, or choose --syntax elixir.',
  })
}

function element(term: Term, at = 1): Term {
  return term instanceof Tuple ? (term.elements[at] as Term) : term
}

function functionOf(options: CallOptions, module: string, fun: string, given: readonly string[]) {
  const syntax = syntaxOf(options, module)
  const name = { module: atomName(module), fun: atomName(fun) }
  const [, , ...args] = sendable(() => [
    atom(name.module),
    atom(name.fun),
    ...given.map((text) => parseTerm(text, syntax)),
  ])
  return { syntax, args, name }
}

/** What can be written and yet not be sent, such as a name of 300 characters, is told before anybody is dialled. */
function sendable<T extends readonly Term[]>(read: () => T): T {
  try {
    const terms = read()
    encode(terms)
    return terms
  } catch (cause) {
    if (!(cause instanceof EtfError)) throw cause
    throw new DynsrvError('DYNSRV_BAD_TERM', `this cannot be sent: ${cause.message}`, {
      hint: 'Text of any length is a binary: <<"text">> in Erlang, "text" in Elixir and JSON.',
      cause,
    })
  }
}

/** Who writes a name as Elixir does writes terms so as well. */
function syntaxOf({ syntax }: CallOptions, name: string): WrittenSyntax {
  if (syntax === undefined) return /^[A-Z:]/.test(name) ? 'elixir' : 'erlang'
  if (syntax === 'erlang' || syntax === 'elixir' || syntax === 'json') return syntax
  throw new DynsrvError('DYNSRV_BAD_OPTION', `--syntax ${JSON.stringify(syntax)} is unknown`, {
    hint: 'Use erlang, elixir or json.',
  })
}

/** `MyApp.Store`, `:lists`, `'my module'` or `lists`. */
function atomName(text: string): string {
  if (/^[A-Z]/.test(text)) return text.startsWith('Elixir.') ? text : `Elixir.${text}`
  return text.replace(/^:/, '').replace(/^(['"])(.*)\1$/, '$2')
}

async function withNode(
  options: CallOptions,
  node: string,
  run: (us: Node, peer: string, timeoutMs: number, masked: (text: string) => string) => Promise<void>,
): Promise<number> {
  const { name, short } = peerName(node)
  const timeoutMs = durationMs(options.timeout)
  using directory = await openDirectory(options, name)
  await using us = await throwAwayNode(options, { epmd: directory.epmd, short, timeoutMs, decode: SHOWN_TERMS })
  const cookie = await peerCookie(options)
  await us.connect(name)
  await run(us, name, timeoutMs, (text) => withoutCookie(text, cookie))
  return EXIT_OK
}

function shown(term: Term, syntax: WrittenSyntax, { json }: CallOptions): string {
  if (json === true) return JSON.stringify({ result: jsonOfTerm(term) })
  return syntax === 'json' ? JSON.stringify(jsonOfTerm(term)) : inspect(term, { syntax })
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

function raised(error: RemoteError, what: string, peer: string, masked: (text: string) => string): Error {
  const undef = error.reason === atom('undef')
  const message = undef
    ? `${what} is not there, or what it calls is not, on ${peer}`
    : masked(`${what} raised ${error.class}: ${inspect(error.reason)}`)
  const hint = undef
    ? 'Check the module, the function and the number of arguments; an Elixir module begins with a capital letter.'
    : 'It ran on that node and failed; see the reason.'
  return Object.assign(new Error(message, { cause: error }), { code: error.code, hint })
}
