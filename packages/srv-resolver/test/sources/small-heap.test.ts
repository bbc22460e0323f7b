import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const ASKS = `
  import { consulHttp } from '@dynsrv/srv-resolver'
  const resolver = consulHttp({ url: process.argv[1], timeoutMs: 60_000 })
  console.log(await resolver.resolveSrv('shop.service.consul').then(() => 'an answer', ({ code }) => code))`

// Each is a whole answer, which JSON.parse makes many times as large.
it.each([
  ['lists', (room: number) => `[${'[],'.repeat(room / 3)}1]`],
  ['lists within each other', (room: number) => `${'['.repeat(room / 2)}${']'.repeat(room / 2)}`],
  ['objects', (room: number) => `[${'{"a":1},'.repeat(room / 8)}1]`],
])(
  'an answer of 60 MB of %s does not end a process with a heap of 300 MB',
  { timeout: 120_000 },
  async (_kind, body) => {
    const server = createServer((_request, response) => {
      response.on('error', () => undefined)
      response.end(body(60_000_000))
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const args = ['--max-old-space-size=300', '--input-type=module', '--eval', ASKS, url]
    const cwd = fileURLToPath(new URL('../..', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd })
    expect(stdout).toBe('DNS_MALFORMED\n')
    server.close()
  },
)
