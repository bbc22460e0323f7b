import { getHeapStatistics } from 'node:v8'
import type { Clock } from './world/clock.ts'
import type { Files } from './world/files.ts'
import { within } from './world/waiting.ts'

/** Text becomes up to thirty times its size when it is taken apart. */
const HEAP_SHARE = Math.floor(getHeapStatistics().heap_size_limit / 64)

/** So many bytes at most, and no more than the heap has room for when they are taken apart. */
export function withinHeap(bytes: number): number {
  return Math.min(bytes, HEAP_SHARE)
}

/** The largest file of members, hosts or records that is read, in bytes: 16 MiB, or a 64th of V8's heap. */
export const MAX_FILE_BYTES = withinHeap(16 * 1024 * 1024)

/**
 * Reads a file that somebody else may have written. One that never ends, such as a device or a pipe, is not begun.
 *
 * @throws {Error} with the code `EFBIG` for a file that is too large, `EINVAL` for what is no regular file; the error of the
 * system; the signal's reason
 */
export async function readSome(
  files: Pick<Files, 'facts' | 'read'>,
  path: string,
  { maxBytes = MAX_FILE_BYTES, signal }: { readonly maxBytes?: number; readonly signal?: AbortSignal } = {},
): Promise<Uint8Array> {
  signal?.throwIfAborted()
  const facts = await files.facts(path)
  signal?.throwIfAborted()
  // A folder is left to `read`, whose error says what it is.
  if (!facts.isFile() && !facts.isDirectory()) throw refused('EINVAL', `${path} is no regular file`)
  if (facts.isFile() && facts.size > maxBytes) throw tooLarge(path, facts.size, maxBytes)
  const bytes = await files.read(path)
  signal?.throwIfAborted()
  // It may have grown, and files of the kernel have no size.
  if (bytes.length > maxBytes) throw tooLarge(path, bytes.length, maxBytes)
  return bytes
}

/** How long the program at the other end of a pipe may take. */
const PIPE_MS = 30_000

/**
 * Reads a file that the user named: a regular file as {@link readSome} does, or a pipe, such as the `<(command)` of a shell,
 * to its end. A device is not begun.
 *
 * @throws {Error} as {@link readSome}; with the code `ETIMEDOUT` for a pipe that does not end within 30 s
 */
export async function readNamed(
  { files, clock }: { readonly files: Pick<Files, 'facts' | 'read' | 'readPipe'>; readonly clock: Clock },
  path: string,
  { maxBytes = MAX_FILE_BYTES }: { readonly maxBytes?: number } = {},
): Promise<Uint8Array> {
  const facts = await files.facts(path)
  if (facts.isFIFO?.() !== true || files.readPipe === undefined) return readSome(files, path, { maxBytes })
  const { readPipe } = files
  const late = () => refused('ETIMEDOUT', `${path} is a pipe that did not end within ${PIPE_MS / 1_000} s`)
  return within({ clock, ms: PIPE_MS, late }, async (signal) => {
    const parts: Uint8Array[] = []
    let size = 0
    for await (const part of readPipe(path, signal)) {
      size += part.length
      if (size > maxBytes) throw refused('EFBIG', `${path} has more than ${maxBytes} bytes`)
      parts.push(part)
    }
    return Buffer.concat(parts)
  })
}

function tooLarge(path: string, size: number, maxBytes: number): Error {
  return refused('EFBIG', `${path} has ${size} bytes, more than ${maxBytes}`)
}

function refused(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
