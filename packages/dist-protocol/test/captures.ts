import { readdirSync, readFileSync } from 'node:fs'

export interface CaptureFrame {
  readonly dir: 'A>B' | 'B>A'
  readonly phase: 'handshake' | 'dist' | 'close'
  readonly hex: string
  readonly note: string
}

/** Real traffic between two BEAM nodes; `A` dialled `B`. */
export interface Capture {
  readonly name: string
  readonly title: string
  readonly otp: { readonly A: number; readonly B: number }
  readonly cookie: { readonly A: string; readonly B: string }
  readonly frames: readonly CaptureFrame[]
}

const FOLDER = new URL('../../../fixtures/captures/', import.meta.url)

export function capture(name: string): Capture {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8')) as Capture
}

export const CAPTURES: readonly Capture[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .map((file) => capture(file.slice(0, -5)))

export function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

/** The packets of one direction and phase, each with its length prefix. */
export function packets({ frames }: Capture, dir: CaptureFrame['dir'], phase: CaptureFrame['phase']): Uint8Array[] {
  return frames.filter((frame) => frame.dir === dir && frame.phase === phase).map(({ hex }) => bytesOf(hex))
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
