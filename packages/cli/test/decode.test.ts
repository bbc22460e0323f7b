import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decodeStream } from '../src/term/decode-stream.ts'
import { temporaryFile } from './peer.ts'
import { runDynsrv } from './run-dynsrv.ts'

interface Capture {
  readonly frames: readonly { readonly dir: string; readonly hex: string }[]
}

/** One direction of real traffic; the file names the OTP releases of both ends. */
function captured(name: string, from: 'A' | 'B') {
  const file = new URL(`../../../fixtures/captures/${name}.json`, import.meta.url)
  const { frames } = JSON.parse(readFileSync(file, 'utf8')) as Capture
  const mine = frames.filter(({ dir }) => dir.startsWith(from))
  return { frames: mine, bytes: Buffer.from(mine.map(({ hex }) => hex).join(''), 'hex') }
}

describe('dynsrv decode', () => {
  it.each(['A', 'B'] as const)('takes each packet of %s apart where BEAM cut it', (from) => {
    for (const name of ['sends-atom-cache', 'handshake-v6', 'fragmented-300k', 'gen-server-call', 'ticks']) {
      const { frames, bytes } = captured(name, from)
      const packets = [...decodeStream(bytes)]
      expect(packets.map(({ bytes: size }) => size)).toEqual(frames.map(({ hex }) => hex.length / 2))
      expect(packets.filter(({ what }) => what.type === 'failed' || what.type === 'cut')).toEqual([])
    }
  })

  it('shows the handshake, the messages and where they stand', async () => {
    const file = await temporaryFile('capture', captured('sends-atom-cache', 'A').bytes)
    const { code, stdout, stderr } = await runDynsrv(['decode', file])
    expect(stderr).toBe('')
    const lines = stdout.split('\n')
    expect(lines[0]).toMatch(/^ {7}0 +\d+ {2}sendName +version 6, .*name a@localhost {2}EXTENDED_REFERENCES /)
    expect(stdout).toMatch(/ {2}REG_SEND .*toName srv, .*payload \{<a@localhost\.\d+\.\d+>,hello\}/)
    expect(code).toBe(0)
  })

  it('shows a term, from digits or from a file of digits', async () => {
    expect(await runDynsrv(['decode', '83 68 02 77 02 6f 6b 61 0b'])).toMatchObject({ code: 0, stdout: '{ok,11}\n' })
    expect((await runDynsrv(['decode', '836802770261626100', '--elixir'])).stdout).toBe('{:ab, 0}\n')
    expect((await runDynsrv(['decode', '83463ff0000000000000'])).stdout).toBe('1.0\n')
    const file = await temporaryFile('hex', '83610b\n')
    expect(await runDynsrv(['decode', file, '--json'])).toMatchObject({ code: 0, stdout: '{"term":11}\n' })
  })

  it('reads standard input, of bytes or of digits, for - and without an argument', async () => {
    const term = { code: 0, stdout: '{ok,11}\n', stderr: '' }
    const bytes = Buffer.from('83680277026f6b610b', 'hex')
    for (const args of [['decode', '-'], ['decode']]) {
      expect(await runDynsrv(args, { input: bytes })).toEqual(term)
      expect(await runDynsrv(args, { input: '8368 0277\n026f 6b61 0b\n' })).toEqual(term)
      const empty = await runDynsrv(args)
      expect(empty.stderr).toMatch(/cannot read standard input: it is empty.*83610b/)
      expect(empty.code).toBe(2)
    }
    const { bytes: capture } = captured('fragmented-300k', 'A')
    const fromFile = await runDynsrv(['decode', await temporaryFile('long', capture)])
    expect(await runDynsrv(['decode', '-'], { input: capture })).toEqual(fromFile)
    expect(fromFile.code).toBe(0)
  })

  it('says where a capture is cut, or is none', async () => {
    const { bytes } = captured('sends-atom-cache', 'A')
    const cut = await runDynsrv(['decode', await temporaryFile('cut', bytes.subarray(0, bytes.length - 1)), '--json'])
    expect(JSON.parse(cut.stdout.trimEnd().split('\n').at(-1)!)).toMatchObject({ type: 'cut' })
    expect(cut.code).toBe(1)
    const term = await runDynsrv(['decode', '8368'])
    expect(term.stderr).toMatch(/^dynsrv decode: .+\n$/)
    expect(term.code).toBe(1)
    expect((await runDynsrv(['decode', '836'])).stderr).toMatch(/836: there is no such file, and it is not pairs/)
    const missing = await runDynsrv(['decode', '/nonexistent'])
    expect(missing.stderr).toMatch(/cannot read \/nonexistent.*83610b/)
    expect(missing.code).toBe(2)
  })
})
