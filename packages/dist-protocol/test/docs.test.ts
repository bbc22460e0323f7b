import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import * as etf from '@dynsrv/etf'
import { describe, expect, it } from 'vitest'
import {
  PROTOCOL_FILE,
  protocolSections,
  STATE_MACHINES_FILE,
  stateMachines,
  withSections,
} from '../scripts/protocol-docs.mjs'
import * as protocol from '../src/index.ts'

const HOW = 'run `npm run build && node packages/dist-protocol/scripts/protocol-docs.mjs`'
const PACKAGES = new URL('../../', import.meta.url)

const tables = { ...protocol, ...etf }
const protocolText = readFileSync(PROTOCOL_FILE, 'utf8')

it('docs/state-machines.md shows the tables as they are', () => {
  expect(readFileSync(STATE_MACHINES_FILE, 'utf8'), HOW).toBe(stateMachines(tables))
})

describe('docs/protocol.md', () => {
  const sections = protocolSections(tables)

  it.each(Object.entries(sections))('shows the %s as they are', (name, section) => {
    expect(withSections(protocolText, { [name]: section }), HOW).toBe(protocolText)
    expect(section).not.toMatch(/undefined|NaN|\[object/)
  })

  const sources = ['etf', 'dist-protocol', 'epmd-shim'].map((name) => new URL(`${name}/src/`, PACKAGES))
  const files = sources.flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }))
  const named = new Set([...protocolText.matchAll(/`([\w./-]+\.ts)`/g)].map(([, path]) => path!))

  it.each([...named])('names a file that is there: %s', (path) => {
    const isThere = path.startsWith('packages/')
      ? existsSync(new URL(`../${path}`, PACKAGES))
      : files.some((file) => (path.includes('/') ? file === path : basename(file) === path))
    expect(isThere).toBe(true)
  })

  it('numbers the messages of epmd as the code does', () => {
    const folder = new URL('epmd-shim/src/', PACKAGES)
    const file = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((name) =>
      /(^|\/)epmd-message\.ts$/.test(name),
    )
    const source = readFileSync(new URL(file!, folder), 'utf8')
    const inCode = [...source.matchAll(/^const ([A-Z\d]\w*_(?:REQ|RESP)) = (\d+)$/gm)].map(
      ([, name, byte]) => `${byte} ${name}`,
    )
    const inDocs = [...protocolText.matchAll(/^\| (\d+) \| ([A-Z\d_]+_(?:REQ|RESP)) \|/gm)].map(
      ([, byte, name]) => `${byte} ${name}`,
    )
    expect(inDocs.sort()).toStrictEqual(inCode.sort())
  })
})
