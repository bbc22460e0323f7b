import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '@dynsrv/tools/free-port'
import { PHOENIX_PUBSUB } from '@dynsrv/tools/phoenix'
import { codeBlocks, testReadme } from '@dynsrv/tools/readme-blocks'
import { describe, expect, it } from 'vitest'
import { Guide } from '../src/guide.ts'

/** A guide's commands are run as a reader types them: several shells, nodes and programs, one after the other. */
const GUIDE_MS = 90_000

const GUIDES = new URL('../../docs/guides/', import.meta.url)
const FILES = readdirSync(GUIDES).filter((name) => name.endsWith('.md'))
const run = promisify(execFile)

for (const name of FILES) {
  const blocks = codeBlocks(readFileSync(new URL(name, GUIDES), 'utf8'))
  if (blocks.some(({ language }) => language === 'ts'))
    testReadme(new URL('../', import.meta.url), `../docs/guides/${name}`)

  const programs = blocks.filter(({ language }) => language === 'js')
  it.each(programs)(`${name}, the program in line $line is one, and what it imports exists`, async ({ code }) => {
    const imports = [...code.matchAll(/^import \{ (.+) \} from '([^']+)'$/gm)]
    for (const [, names = '', from = ''] of imports) {
      if (from.startsWith('./')) continue // a file that the reader wrote before
      const loaded = (await import(/* @vite-ignore */ from)) as Record<string, unknown>
      for (const each of names.split(', ')) expect(Object.keys(loaded), `${each} of ${from}`).toContain(each)
    }
    const folder = await mkdtemp(join(tmpdir(), 'dynsrv-guide-'))
    try {
      const file = join(folder, 'program.mjs')
      await writeFile(file, code)
      await run(process.execPath, ['--check', file])
    } finally {
      await rm(folder, { recursive: true })
    }
  })
}

describe('the five minutes', () => {
  // What the guide types at the prompt of each shell, as soon as the program is there.
  const shells = [
    {
      language: 'erlang',
      module: { named: 'stock', file: 'stock.erl', begins: /^-module/ },
      begins: / erl -name/,
      prompt: /^\d> /,
      batch: (command: string, typed: string) => `${command.replace(' erl ', ' exec erl -noshell ')} -eval '${typed}'`,
      typed: `
        Wait = fun Wait() -> case nodes(hidden) of ['js@hello.test'] = Js -> Js; _ -> timer:sleep(50), Wait() end end,
        io:format("~p~n", [Wait()]),
        io:format("~p~n", [erpc:call('js@hello.test', hello, greet, [<<"Joe">>])]),
        receive stop -> ok end`,
    },
    {
      language: 'elixir',
      module: { named: 'Stock', file: 'stock.ex', begins: /^defmodule/ },
      begins: / iex --name/,
      prompt: /^iex> /,
      batch: (command: string, typed: string) => `${command.replace(' iex ', ' exec elixir ')} --eval '${typed}'`,
      typed: `
        js = [:"js@hello.test"]
        wait = fn wait -> if Node.list(:hidden) == js, do: js, else: (Process.sleep(50); wait.(wait)) end
        IO.inspect(wait.(wait))
        IO.inspect(:erpc.call(:"js@hello.test", :hello, :greet, ["Joe"]))
        Process.sleep(:infinity)`,
    },
  ]

  it.each(shells)('are as the guide says, word for word, in $language', { timeout: GUIDE_MS }, async (kind) => {
    await using guide = await Guide.open('five-minutes.md', ['8600', '9301', '9302', '9464'])
    await guide.begin(`exec ${guide.block('sh', /dynsrv dns/)}`, 1)
    await guide.run(guide.block('sh', /erlc/))
    const expected = guide.block(kind.language, kind.prompt).split('\n')
    const answers = expected.filter((line) => !kind.prompt.test(line))
    const typed = kind.typed.replaceAll("'", `'\\''`)
    await guide.save(kind.module.file, kind.language, kind.module.begins)
    const shell = guide.begin(kind.batch(guide.block('sh', kind.begins), typed), answers.length)
    const types = guide.block('sh', /dynsrv types/).replace(' Stock ', ` ${kind.module.named} `)
    // The shell takes a moment to start.
    await expect.poll(async () => (await guide.run(types)).code, { timeout: GUIDE_MS, interval: 200 }).toBe(0)
    expect(await readFile(join(guide.folder, 'stock.mts'), 'utf8')).toContain(guide.block('text', /^take\(/))
    expect(await guide.run(`${types} --check`)).toMatchObject({ code: 0 })
    await guide.save('hello.mts', 'js', /start\(/)
    expect(await guide.compile('hello.mts')).toBe('')
    await guide.run(`sed "s/take('apple', 3)/take('apple', '3')/" hello.mts > wrong.mts`)
    expect(await guide.compile('wrong.mts')).toContain("'string' is not assignable to parameter of type 'number'")
    const told = guide.block('text', /watch it/).split('\n')
    const program = await guide.begin(`exec ${guide.block('sh', /node hello/)}`, told.length)
    expect(await shell).toEqual(answers)
    expect(program).toEqual(told)
    expect(await (await fetch(program[0]!.split(' ').at(-1)!)).text()).toContain('shell@hello.test')
    const [doctor = '', ping = ''] = guide.block('sh', /dynsrv doctor/).split('\n')
    expect((await guide.run(ping)).stdout).toMatch(/✓ ping/)
    // It finds nothing worse than a cookie that is no secret.
    expect([0, 3]).toContain((await guide.run(doctor)).code)
  })
})

describe('a typed client', () => {
  it('is written, kept up to date and used as its guide says', { timeout: GUIDE_MS }, async () => {
    await using guide = await Guide.open('types.md', ['8600', '9302'])
    const port = await freePort()
    const types = guide.block('sh', /--node/)
    const [, dns] = /--dns (\S+)/.exec(types) ?? []
    await guide.begin(`exec npx dynsrv dns --member app@my-service.test:${port} --listen ${dns}`, 1)
    const check = guide.block('sh', /--check/)
    const [, built] = /--beam (\S+)/.exec(check) ?? []
    await guide.save('stock.ex', 'elixir', /defmodule/)
    await guide.run('mkdir companion && erlc -o companion packages/epmd-shim/beam/dynsrv_epmd.erl')
    expect((await guide.run(`mkdir -p ${built} && elixirc -o ${built} stock.ex`)).code).toBe(0)
    const flags = `--erl "-pa companion ${built} -start_epmd false -epmd_module dynsrv_epmd"`
    const app = `elixir --name app@my-service.test --cookie guide ${flags} --eval 'IO.puts("up"); Process.sleep(:infinity)'`
    await guide.begin(`ERL_DIST_PORT=${port} DYNSRV_DNS=${dns} exec ${app}`, 1)
    const cookie = 'export RELEASE_COOKIE=guide'
    expect(await guide.run(`${cookie}\n${types}`)).toEqual({ code: 0, stdout: 'wrote stock.mts\n' })
    expect((await guide.run(check)).code).toBe(0)
    await guide.save('program.mts', 'js', /start\(/)
    expect(await guide.compile('program.mts')).toBe('')
    expect(await guide.run(`${cookie}\nnode program.mts`)).toEqual({ code: 0, stdout: 'apple 7\n' })
    // A spec that changes is found, and then the compiler finds what used it.
    await guide.run(
      `sed -i 's/:none_left}/:sold_out}/; s/MyApp.Item.t()}/String.t()}/' stock.ex && elixirc -o ${built} stock.ex`,
    )
    const changed = await guide.run(check)
    expect(changed.code).toBe(1)
    expect(changed.stdout).toMatch(/^- .*none_left.*\n(?:.*\n)*\+ .*sold_out/m)
    expect((await guide.run(check.replace(' --check', ''))).code).toBe(0)
    expect(await guide.compile('program.mts')).toContain("Property 'count' does not exist on type 'string'")
  })
})

describe('TLS', () => {
  it('is set up by the commands of its guide, on both sides', { timeout: GUIDE_MS }, async () => {
    await using guide = await Guide.open('tls.md', ['8600', '9301', '9302'])
    expect(await guide.run(`set -e\n${guide.block('sh', /openssl/)}`)).toMatchObject({ code: 0 })
    await guide.save('tls/ssl_dist.conf', 'erlang', /certfile/)
    await guide.run('mkdir companion && erlc -o companion packages/epmd-shim/beam/dynsrv_epmd.erl')
    await guide.begin(`exec ${guide.block('sh', /dynsrv dns/)}`, 1)
    const up = `-noshell -eval 'io:format("up~n")' -name`
    await guide.begin(guide.block('sh', /erl -name/).replace('erl -name', `exec erl ${up}`), 1)
    await guide.save('secure.mjs', 'js', /start\(/)
    expect(await guide.begin('exec node secure.mjs', 1)).toEqual([guide.block('text', /connected/)])
    const { code, stdout } = await guide.run(guide.block('sh', /dynsrv doctor/))
    expect(stdout).toMatch(/✓ TLS +2 fine/)
    expect([0, 3]).toContain(code)
  })
})

describe('a cluster without epmd', () => {
  it('is what its guide says, for nodes and for tools', { timeout: GUIDE_MS }, async () => {
    await using guide = await Guide.open('without-epmd.md', ['8600', '9301', '9302', '4369'])
    expect(await guide.run(guide.block('sh', /erlc/))).toMatchObject({ code: 0 })
    await guide.begin(`exec ${guide.block('sh', /dynsrv dns/)}`, 1)
    const node = (label: string, typed: string) =>
      guide
        .block('sh', new RegExp(`-name ${label}@`))
        .replace('erl -name', `exec erl -noshell -eval '${typed.replaceAll("'", `'\\''`)}' -name`)
    await guide.begin(node('db-1', 'io:put_chars("up\n")'), 1)
    const lines = guide.block('erlang', /net_adm/).split('\n')
    const typed = lines.filter((line) => /^\d> /.test(line)).map((line) => line.slice(3).replace(/\.$/, ''))
    const answers = lines.filter((line) => !/^\d> /.test(line))
    const asked = typed.map((each) => `io:format("~p~n", [${each}])`).join()
    expect(await guide.begin(node('db-2', asked), answers.length)).toEqual(answers)

    await guide.begin(`exec ${guide.block('sh', /dynsrv epmd/)}`, 1)
    const [, port] = /--port (\d+)/.exec(guide.block('sh', /dynsrv epmd/)) ?? []
    expect((await guide.run(`ERL_EPMD_PORT=${port} epmd -names`)).stdout).toMatch(/^name db-1 at port \d+$/m)
    const [names = '', call = '', resolve = ''] = guide.block('sh', /dynsrv names/).split('\n')
    expect((await guide.run(names)).stdout).toMatch(/^db-1@my-service\.test +\d+\ndb-2@my-service\.test +\d+$/m)
    expect((await guide.run(call)).stdout).toBe("'db-1@my-service.test'\n")
    const timeless = (text: string) => text.trim().replaceAll(/[\d.]+ ms/g, 'ms')
    expect(timeless((await guide.run(resolve)).stdout)).toBe(timeless(guide.block('text', /SRV my-service/)))
  })
})

describe('Phoenix', () => {
  it('hears the service of its guide, and is heard', { timeout: GUIDE_MS }, async () => {
    await using guide = await Guide.open('phoenix-and-pubsub.md', ['8600', '9301', '9302'])
    await guide.run('mkdir companion && erlc -o companion packages/epmd-shim/beam/dynsrv_epmd.erl')
    await guide.begin(`exec ${guide.block('sh', /dynsrv dns/)}`, 1)
    // In place of an application: the same protocol over the real pg, and what an endpoint broadcasts.
    const phoenix = `
      Code.compile_file(${JSON.stringify(PHOENIX_PUBSUB)})
      {:ok, _} = Phoenix.PubSub.start(MyApp.PubSub)
      Phoenix.PubSub.subscribe(MyApp.PubSub, "room:lobby")
      members = fn -> length(:pg.get_members(Phoenix.PubSub, MyApp.PubSub.Adapter)) end
      wait = fn wait -> if members.() < 2, do: (Process.sleep(50); wait.(wait)) end
      wait.(wait)
      Phoenix.Channel.Server.broadcast(MyApp.PubSub, "room:lobby", "new_msg", %{body: "hello"})
      for _ <- 1..2, do: receive(do: (%{payload: payload} -> IO.inspect(payload)))
      Process.sleep(:infinity)`
    const command = guide.block('sh', /phx\.server/).replace(' iex ', ' exec elixir ')
    const shell = guide.begin(command.replace('-S mix phx.server', `--eval '${phoenix}'`), 2)
    await guide.save('echo.mjs', 'js', /pubsub\(/)
    const told = guide.block('text', /heard/).split('\n')
    expect(await guide.begin('exec node echo.mjs', told.length)).toEqual(told)
    const flushed = guide.block('elixir', /flush\(\)/).matchAll(/payload: (%\{.*\})\}$/gm)
    expect(await shell).toEqual([...flushed].map(([, payload]) => payload))
  })
})
