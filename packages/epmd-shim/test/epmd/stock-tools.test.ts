import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { startErl } from '@dynsrv/tools/beam'
import { expect, it } from 'vitest'
import { startEpmdServer } from '../../src/index.ts'

const run = promisify(execFile)
const COOKIE = 'stock_tools'

it('lets the tools of OTP find nodes as the real epmd does', { timeout: 60_000 }, async () => {
  await using server = await startEpmdServer({ port: 0, hosts: ['0.0.0.0'] })
  const env = { ERL_EPMD_PORT: String(server.port) }
  const shell = { env: { ...process.env, ...env }, timeout: 30_000 }
  const args = ['-start_epmd', 'false']
  await using one = await startErl({ name: 'one@127.0.0.1', cookie: COOKIE, env, args })
  await using two = await startErl({ name: 'two@127.0.0.1', cookie: COOKIE, env, args })

  const names = server.nodes().map(({ name }) => name)
  expect(names).toStrictEqual(['two', 'one'])
  const { stdout } = await run('epmd', ['-names'], shell)
  expect(stdout).toContain(`up and running on port ${server.port} with data:`)
  for (const { name, port } of server.nodes()) expect(stdout).toContain(`name ${name} at port ${port}`)

  expect(await one.eval("net_adm:ping('two@127.0.0.1')")).toBe('pong')
  expect(await one.eval('element(1, net_adm:names("127.0.0.1"))')).toBe('ok')
  // erl_epmd turns the order of the lines round.
  expect(await two.eval('[Name || {Name, _} <- element(2, net_adm:names("127.0.0.1"))]')).toBe('["one","two"]')
  await expect(startErl({ name: 'one@127.0.0.1', cookie: COOKIE, env, args })).rejects.toThrow(/seems to be in use/)

  const remote = run(
    'erl',
    [
      '-noinput',
      '-name',
      'three@127.0.0.1',
      '-setcookie',
      COOKIE,
      ...args,
      '-remsh',
      'one@127.0.0.1',
      '-eval',
      `io:format("~p~n", [rpc:call('one@127.0.0.1', erlang, node, [])]), halt()`,
    ],
    shell,
  )
  expect((await remote).stdout).toContain("'one@127.0.0.1'")

  const called = await run('erl_call', ['-name', 'two@127.0.0.1', '-c', COOKIE, '-a', 'erlang node'], shell)
  expect(called.stdout).toBe("'two@127.0.0.1'")
})

it('registers real nodes again when it comes back, under the same port', { timeout: 60_000 }, async () => {
  const server = await startEpmdServer({ port: 0 })
  const { port } = server
  const env = { ERL_EPMD_PORT: String(port) }
  await using erl = await startErl({ name: 'back@127.0.0.1', cookie: COOKIE, env, args: ['-start_epmd', 'false'] })
  const [before] = server.nodes()
  await server.close()
  await using again = await startEpmdServer({ port })
  await expect.poll(() => again.nodes()).toStrictEqual([before])
  expect(await erl.eval('node()')).toBe("'back@127.0.0.1'")
})
