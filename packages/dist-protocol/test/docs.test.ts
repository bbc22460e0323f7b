import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import {
  PROTOCOL_FILE,
  protocolSections,
  STATE_MACHINES_FILE,
  stateMachines,
  withSections,
} from '../scripts/protocol-docs.mjs'
import * as tables from '../src/index.ts'

const HOW = 'run `npm run build && node packages/dist-protocol/scripts/protocol-docs.mjs`'

it('docs/state-machines.md shows the tables as they are', () => {
  expect(readFileSync(STATE_MACHINES_FILE, 'utf8'), HOW).toBe(stateMachines(tables))
})

it('docs/protocol.md shows every flag and opcode as they are', () => {
  const text = readFileSync(PROTOCOL_FILE, 'utf8')
  expect(text, HOW).toBe(withSections(text, protocolSections(tables)))
})
