// Compiles the application into `dist/ebin`: the Erlang of it with `erlc`, and where Elixir is, the Elixir of it. Nothing of
// npm needs the result; `mix` and `rebar3` compile by themselves.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const EBIN = 'dist/ebin'

if (run('erl', '-noshell', '-eval', 'halt()') === undefined) {
  console.log('Not compiled: there is no Erlang on the PATH.')
  process.exit(0)
}
rmSync(`${HERE}dist`, { recursive: true, force: true })
mkdirSync(HERE + EBIN, { recursive: true })
const modules = readdirSync(`${HERE}src`).filter((file) => file.endsWith('.erl'))
must('erlc', '-Werror', '+debug_info', '-o', EBIN, ...modules.map((file) => `src/${file}`))
writeFileSync(`${HERE}${EBIN}/dynsrv.app`, readFileSync(`${HERE}src/dynsrv.app.src`))
const elixir = readdirSync(`${HERE}lib`, { recursive: true }).filter((file) => file.endsWith('.ex'))
// The tasks of Mix need Mix itself, which is not on the code path of elixirc.
const files = elixir.filter((file) => !file.startsWith('mix')).map((file) => `lib/${file}`)
if (files.length > 0 && run('elixir', '--version') !== undefined) {
  must('elixirc', '--warnings-as-errors', '-pa', EBIN, '-o', EBIN, ...files)
}

/** What a program said; undefined when it is not there. */
function run(program, ...args) {
  const result = spawnSync(program, args, { cwd: HERE, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8' } })
  return result.error === undefined ? result : undefined
}

function must(program, ...args) {
  const result = run(program, ...args)
  if (result?.status === 0) return
  console.error(`${program} ${args.join(' ')}\n${result?.stdout ?? ''}${result?.stderr ?? 'it is not on the PATH'}`)
  process.exit(1)
}
