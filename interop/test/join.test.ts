import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { startDnsmasq } from '@dynsrv/tools/dnsmasq'
import { freePort } from '@dynsrv/tools/free-port'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { expect, it } from 'vitest'
import { startBeamMember } from '../src/beam-member.ts'
import { eventually } from '../src/eventually.ts'
import { Undo } from '../src/undo.ts'

const CLI = fileURLToPath(new URL('../../packages/dynsrv/bin/dynsrv.js', import.meta.url))
const SERVICE = 'join.service.consul'
const COOKIE = 'join-test-cookie'

it('`dynsrv join` joins three Elixir nodes named by dnsmasq; each side lists the other; it leaves on SIGTERM', async () => {
  const labels = ['db-1', 'db-2', 'db-3', 'api-1']
  const members: { label: string; port: number }[] = []
  for (const label of labels) members.push({ label, port: await freePort() })
  await using dnsmasq = await startDnsmasq({ service: SERVICE, members })
  const epmdPort = await freePort()
  await using undo = new Undo()
  const beams = []
  for (const { label, port } of members.slice(0, 3)) {
    const member = { language: 'elixir', label, service: SERVICE, cookie: COOKIE, port, dns: dnsmasq.address, epmdPort }
    beams.push(undo.use(await startBeamMember({ ...member, language: 'elixir' })))
  }

  const cookieFile = join(temporaryFolder('join'), 'cookie')
  await writeFile(cookieFile, `${COOKIE}\n`, { mode: 0o400 })
  const child = spawn(
    process.execPath,
    [CLI, 'join', '--name', `api-1@${SERVICE}`, '--service', SERVICE, '--dns', dnsmasq.address, '--json'].concat([
      '--cookie-file',
      cookieFile,
      '--port',
      String(members[3]!.port),
    ]),
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const up = new Set<string>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = JSON.parse(line) as { type: string; node?: string }
    if (event.type === 'nodeup' && event.node !== undefined) up.add(event.node)
  })
  await eventually(() => [...up].sort(), beams.map(({ name }) => name).sort(), { patienceMs: 20_000 })
  for (const beam of beams) expect(await beam.eval('Node.list(:hidden)')).toBe(`[:"api-1@${SERVICE}"]`)

  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toStrictEqual([0, null])
  for (const beam of beams) await eventually(() => beam.eval('Node.list(:hidden)'), '[]')
})
