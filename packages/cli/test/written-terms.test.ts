import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { decode, encode, equals, inspect, type Term, Tuple } from '@dynsrv/etf'
import { otpRelease } from '@dynsrv/tools/otp-release'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseTerm } from '../src/term/parse-term.ts'
import { TermSyntaxError, type WrittenSyntax } from '../src/term/term-scanner.ts'
import { ELIXIR, ERLANG } from './written-terms.ts'

const run = promisify(execFile)

/** Fetching another Erlang from Debian takes as long as the network does; Elixir reads two thousand texts in a few seconds. */
const TIMEOUT_MS = 300_000

const ERLANG_PROGRAM = `
  {ok, Bytes} = file:read_file(File),
  Read = fun(Text) ->
    Characters = unicode:characters_to_list(base64:decode(Text)),
    try
      {ok, Tokens, _} = erl_scan:string(Characters ++ "\\n."),
      {ok, [Expression]} = erl_parse:parse_exprs(Tokens),
      {ok, erl_parse:normalise(Expression)}
    catch _:_ -> refused
    end
  end,
  Terms = [Read(Line) || Line <- binary:split(Bytes, <<"\\n">>, [global])],
  ok = file:write_file(File, term_to_binary(Terms)),
  halt().
`

const ELIXIR_PROGRAM = `
  file = hd(System.argv())
  Code.put_compiler_option(:ignore_module_conflict, true)
  terms = for line <- String.split(File.read!(file), "\\n") do
    try do
      quoted = Code.string_to_quoted!(Base.decode64!(line), emit_warnings: false)
      {term, _} = Code.eval_quoted(quoted)
      {:ok, term}
    rescue
      _ -> :refused
    end
  end
  File.write!(file, :erlang.term_to_binary(terms))
`

let erl: string
let elixir: string

beforeAll(async () => {
  ;({ erl, elixir } = await otpRelease('forky'))
}, TIMEOUT_MS)

/** What the language itself makes of each text: the term, or undefined when it refuses. */
async function readBy(syntax: WrittenSyntax, texts: readonly string[]): Promise<(readonly [Term] | undefined)[]> {
  const folder = temporaryFolder('written-terms')
  const file = join(folder, 'terms')
  writeFileSync(file, texts.map((text) => Buffer.from(text).toString('base64')).join('\n'))
  if (syntax === 'erlang') {
    await run(erl, ['-noshell', '+pc', 'unicode', '-eval', `File = ${JSON.stringify(file)}, ${ERLANG_PROGRAM}`])
  } else {
    writeFileSync(join(folder, 'read.exs'), ELIXIR_PROGRAM)
    await run(elixir, [join(folder, 'read.exs'), file], { env: { ...process.env, LC_ALL: 'C.UTF-8' } })
  }
  const results = decode(readFileSync(file)) as readonly Term[]
  return results.map((result) => (result instanceof Tuple ? [result.elements[1] as Term] : undefined))
}

function readByUs(syntax: WrittenSyntax, text: string): readonly [Term] | undefined {
  try {
    return [decode(encode(parseTerm(text, syntax))) as Term]
  } catch (error) {
    if (error instanceof TermSyntaxError) return undefined
    throw error
  }
}

function shown(read: readonly [Term] | undefined): string {
  return read === undefined ? 'refused' : inspect(read[0])
}

async function differences(syntax: WrittenSyntax, texts: readonly string[]): Promise<string[]> {
  const theirs = await readBy(syntax, texts)
  return texts.flatMap((text, at) => {
    const [ours, read] = [readByUs(syntax, text), theirs[at]]
    const same = ours === undefined || read === undefined ? ours === read : equals(ours[0], read[0])
    return same ? [] : [`${JSON.stringify(text)}: ${syntax} reads ${shown(read)}, we read ${shown(ours)}`]
  })
}

describe('a term that a person writes', () => {
  it('is what Erlang/OTP 29 reads, or both refuse it', { timeout: TIMEOUT_MS }, async () => {
    expect(await differences('erlang', ERLANG)).toEqual([])
  })

  it('is what Elixir 1.20 reads, or both refuse it', { timeout: TIMEOUT_MS }, async () => {
    expect(await differences('elixir', ELIXIR)).toEqual([])
  })
})
