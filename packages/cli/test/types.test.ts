import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Static } from '@dynsrv/epmd-shim'
import type { Contract } from '@dynsrv/etf'
import { type Node, startNode } from '@dynsrv/node'
import { ERLC } from '@dynsrv/tools/beam'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runMain } from './main-run.ts'
import { COOKIE, ENV, type Peer, startPeer } from './peer.ts'

type Methods = Record<string, (...args: unknown[]) => Promise<unknown>>

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

describe('the types of modules of a running node', () => {
  const folder = temporaryFolder('types')
  let peer: Peer
  let node: Node | undefined

  beforeAll(async () => {
    execFileSync('elixirc', ['-o', folder, here('module.ex')], { stdio: 'pipe' })
    execFileSync(ERLC, ['+debug_info', '-o', folder, here('../../types/test/stock.erl')])
    peer = await startPeer()
    await peer.beam.eval(`code:add_paths(["${folder}" | filelib:wildcard("/usr/lib/elixir/lib/*/ebin")])`)
    node = await startNode({
      name: 'asker@my-service.test',
      cookie: COOKIE,
      listen: false,
      values: 'plain',
      epmd: new Static({ [peer.name]: { ip: '127.0.0.1', port: peer.port } }),
    })
  }, 60_000)
  afterAll(async () => {
    await node?.close()
    await peer?.[Symbol.asyncDispose]()
  })

  const run = (...args: string[]) => runMain(['types', ...args, ...peer.dns], ENV)
  const fromNode = (module: string, ...args: string[]) => run(module, '--node', peer.name, ...args)

  /** The client of a module, from the file that is written for it. */
  async function client(module: string, name: string): Promise<Methods> {
    const file = join(folder, `${module}.ts`)
    const { code, stderr } = await fromNode(module, '--from', '@dynsrv/etf', '--out', file)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const { [name]: contract } = (await import(file)) as Record<string, Contract<Methods>>
    return node!.module(peer.name, contract!)
  }

  it('make a client of an Elixir module', async () => {
    const stock = await client('MyApp.Stock', 'Stock')
    expect(await stock.reserve!('apple', 3)).toEqual([
      'ok',
      { __struct__: 'Elixir.MyApp.Item', name: 'apple', count: 7 },
    ])
    expect(await stock.reserve!('apple', 11)).toEqual(['error', 'none_left'])
    expect(await stock.reserve!('pear', 1)).toEqual(['error', ['unknown', 'pear']])
    expect(await stock['empty?']!('pear')).toBe(true)
    const at = new Date(1_700_000_000_000)
    expect(await stock.since!(at)).toEqual([at, []])
    expect(await stock.since!(at, { timeout: 5 })).toEqual([at, [['timeout', 5]]])
    await expect(stock['reserve!']!('pear')).rejects.toMatchObject({ code: 'NODE_REMOTE_ERROR' })
    // A client that is awaited is not taken for a promise.
    expect(await stock.then_!(1)).toBe(2)
    expect(await (async () => stock)()).toBe(stock)
  })

  it('make a client of an Erlang module, which has the errors and the time limit of erpc', async () => {
    const stock = await client('stock', 'Stock')
    const milk = new TextEncoder().encode('milk')
    expect(await stock.reserve!(milk, 3)).toEqual(['ok', { left: 7 }])
    expect(await stock.empty!()).toEqual(['shelf', expect.objectContaining({ name: 'empty' }), [], undefined])
    expect(await stock.count!('all')).toEqual([1, 2])
    expect(await stock.count!(milk)).toBe(3)
    await expect(stock.tree!(['leaf', 1, [[], 1, 1]])).rejects.toMatchObject({
      code: 'ETF_MISMATCH',
      path: 'arguments[0][2][0]',
    })
    expect(await stock.tree!(['leaf', 1, ['leaf', 2, 'leaf']])).toEqual(['leaf', 1, ['leaf', 2, 'leaf']])
    await expect(stock.reserve!(milk, 0)).rejects.toMatchObject({
      code: 'ETF_MISMATCH',
      path: 'arguments[1]',
      message: 'stock:reserve/2: argument 2: expected an integer of at least 1, found 0',
    })
    await expect(stock.reserve!(milk)).rejects.toMatchObject({ code: 'ETF_MISMATCH', path: 'arguments' })
    await expect(stock.lie!()).rejects.toMatchObject({ code: 'ETF_MISMATCH', path: 'reply' })
    const { Stock } = (await import(join(folder, 'stock.ts'))) as { Stock: Contract<Methods> }
    const hasty = node!.module(peer.name, Stock, { timeoutMs: 30 })
    await expect(hasty.slow!('infinity')).rejects.toMatchObject({ code: 'NODE_TIMEOUT' })
    const given = new AbortController()
    const waiting = node!.module(peer.name, Stock, { signal: given.signal }).slow!('infinity')
    given.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
  })

  it('are printed, written once, and compared', async () => {
    const file = join(folder, 'checked.ts')
    const printed = await fromNode('MyApp.Stock')
    expect(printed).toMatchObject({ code: 0, stderr: '' })
    expect(await fromNode('MyApp.Stock', '--out', file)).toMatchObject({ code: 0, stdout: `wrote ${file}\n` })
    expect(readFileSync(file, 'utf8')).toBe(printed.stdout)
    expect(printed.stdout).toContain("from 'dynsrv'")
    expect(printed.stdout).toContain(' * Keeps things in stock. *\\/ alert(1) /*\n')
    expect(await fromNode('MyApp.Stock', '--out', file)).toMatchObject({ stdout: `${file} is up to date\n` })
    expect(await fromNode('MyApp.Stock', '--out', file, '--check')).toMatchObject({ code: 0 })
    const changed = readFileSync(file, 'utf8').replaceAll("'none_left'", "'no_more'")
    writeFileSync(file, changed)
    const stale = await fromNode('MyApp.Stock', '--out', file, '--check')
    expect(stale.code).toBe(1)
    expect(stale.stdout).toContain(`${file} is out of date\n- export type Reason = 'no_more' | `)
    expect(stale.stdout).toContain("\n+ export type Reason = 'none_left' | ")
    expect(readFileSync(file, 'utf8')).toBe(changed)
    const json = await fromNode('MyApp.Stock', '--out', file, '--check', '--json')
    expect(JSON.parse(json.stdout)).toMatchObject({ upToDate: false, removed: expect.any(Array) })
    const gone = await fromNode('MyApp.Stock', '--out', join(folder, 'none.ts'), '--check')
    expect(gone).toMatchObject({ code: 1, stdout: expect.stringContaining('none.ts is not there') })
  })

  it('are read from files where the node has lost them', async () => {
    const stripped = temporaryFolder('stripped')
    const strip = `{ok, B} = file:read_file("${join(folder, 'stock.beam')}"), {ok, {_, S}} = beam_lib:strip(B),
      file:write_file("${join(stripped, 'stripped.beam')}", S), ok`
    await peer.beam.eval(strip)
    execFileSync(ERLC, ['-o', stripped, '-DX', renamed(stripped, 'lost')])
    await peer.beam.eval(`code:add_patha("${stripped}"), ok`)
    const refused = await fromNode('lost')
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toMatch(/has no debug info.*strip_beams: false.*--beam FILE/)
    const kept = temporaryFolder('kept')
    execFileSync(ERLC, ['+debug_info', '-o', kept, join(stripped, 'lost.erl')])
    const beam = join(kept, 'lost.beam')
    const found = await fromNode('lost', '--beam', beam)
    expect(found).toMatchObject({ code: 0, stderr: '' })
    expect(found.stdout).toContain('export interface Lost {')
    expect(await run('lost', '--beam', kept)).toMatchObject({ code: 0, stdout: found.stdout })
    // What the node runs is another version.
    await peer.beam.eval('code:ensure_loaded(lost), ok')
    writeFileSync(
      join(stripped, 'lost.erl'),
      `${readFileSync(join(stripped, 'lost.erl'), 'utf8')}\nmore() -> 1.\n`.replace('[reserve/2', '[more/0, reserve/2'),
    )
    execFileSync(ERLC, ['+debug_info', '-o', kept, join(stripped, 'lost.erl')])
    expect((await fromNode('lost', '--beam', beam)).stderr).toContain('runs another version of lost than the one')
  })

  function renamed(into: string, name: string): string {
    const path = join(into, `${name}.erl`)
    const text = readFileSync(here('../../types/test/stock.erl'), 'utf8')
    writeFileSync(path, text.replace('-module(stock)', `-module(${name})`))
    return path
  }

  it('say what is wrong', async () => {
    const missing = await fromNode('no_such_module')
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no module no_such_module') })
    await peer.beam.eval(
      `{ok, in_memory, B} = compile:forms([{attribute,1,module,in_memory},{attribute,2,export,[]}]), code:load_binary(in_memory, "in_memory", B), ok`,
    )
    const memory = await fromNode('in_memory')
    expect(memory).toMatchObject({ code: 2, stderr: expect.stringContaining('has no file of it') })
    for (const [args, why] of [
      [['lists', '--check'], '--check has nothing to compare with'],
      [['lists', '--integers', 'all'], '--integers "all" is unknown'],
      [['lists', '--beam', '/nowhere.beam'], 'there is no such file'],
      [['lists', '--out', '/nowhere/lists.ts'], '/nowhere/lists.ts'],
    ] as const) {
      const { code, stderr } = await fromNode(...(args as unknown as [string]))
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(why) })
    }
    const source = await fromNode('lists', '--beam', here('module.ex'))
    expect(source).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('cannot be read: it does not begin as a compiled module'),
    })
    const nowhere = await run('lists')
    expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringContaining('nowhere to read the module') })
    const bare = await fromNode('in_memory', '--beam', join(folder, 'stock.beam'))
    expect(bare.code).toBe(2)
  })

  it('end with the node that is asked', async () => {
    const leaving = await startPeer('leaving')
    // It goes while it is asked for the second module.
    await leaving.beam.eval(
      `spawn(fun() -> erlang:trace(all, true, [call]), erlang:trace_pattern({code, get_object_code, 1}, true, [global]), erlang:trace_pattern({code, get_object_code, '_'}, true, []), receive {trace, _, call, _} -> ok end, receive {trace, _, call, _} -> halt(0, [{flush, false}]) end end), ok`,
    )
    const { code, stderr } = await runMain(['types', 'file', '--node', leaving.name, ...leaving.dns], ENV)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^dynsrv types: /)
    await leaving[Symbol.asyncDispose]()
  })
})
