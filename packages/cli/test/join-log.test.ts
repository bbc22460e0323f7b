import { connect } from 'node:net'
import { startZoneServer } from '@dynsrv/srv-resolver'
import { expect, it } from 'vitest'
import { startMain } from './main-run.ts'
import { ENV } from './peer.ts'

const SERVICE = 'my-service.test'

it.each([
  '--json',
  '--plain',
])('join %s has one line for one who comes again and again, and then a count', async (how) => {
  await using zone = await startZoneServer()
  const own = ['--name', `api-1@${SERVICE}`, '--host', '127.0.0.1', '--port', '0', '--service', SERVICE]
  const run = startMain(['join', ...own, '--dns', zone.address, how], ENV)
  const says = /(?:"port":|on port )(\d+)/
  await run.line(says)
  const port = Number(says.exec(run.stdout)![1])
  for (let at = 0; at < 50; at++) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined)
    socket.write(`GET /${at} HTTP/1.1\r\n\r\n`)
    await new Promise((resolve) => socket.resume().once('close', resolve))
  }
  await run.line(/refused/)
  process.emit('SIGTERM')
  await run.ended
  const lines = run.stdout
    .split('\n')
    .filter((line) => line.includes('NOT_DISTRIBUTION') || line.includes('was refused'))
  expect(lines).toHaveLength(2)
  expect(lines[1]).toMatch(how === '--json' ? /"more":49\b/ : /\(49 more like this\)$/)
})
