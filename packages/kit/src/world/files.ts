import { constants, open, watch } from 'node:fs'
import { lstat, readFile, stat } from 'node:fs/promises'
import { Socket } from 'node:net'
import { promisify } from 'node:util'

/** What is known about a file. */
export interface FileFacts {
  isFile(): boolean
  isDirectory(): boolean
  /** Whether it is a pipe; a world without pipes leaves it out. */
  isFIFO?(): boolean
  /** Which file of its disk it is: another one that is moved into its place has another number. */
  readonly ino: number
  readonly size: number
  /** When it was changed last, in milliseconds since 1970. */
  readonly mtimeMs: number
  /** Its type and permission bits. */
  readonly mode: number
  /** Its owner. */
  readonly uid: number
}

/** The files that are read. Errors are the system's, with `code` such as `ENOENT`. */
export interface Files {
  read(path: string): Promise<Uint8Array>
  /** What comes out of a pipe, up to its end; the signal ends it with its reason. A world without pipes leaves it out. */
  readPipe?(path: string, signal: AbortSignal): AsyncIterable<Uint8Array>
  /** The facts of the file that a path leads to. */
  facts(path: string): Promise<FileFacts>
  /** The facts of the path itself, which may be a symbolic link. */
  linkFacts(path: string): Promise<FileFacts & { isSymbolicLink(): boolean }>
  /** Calls back when something in a folder changes, with the name of the entry where the system gives it. */
  watch(
    folder: string,
    onChange: (name: string | null) => void,
    onError: (error: Error) => void,
  ): { close(): void; unref(): unknown }
}

/** The files of the machine. */
export const realFiles: Files = {
  read: (path) => readFile(path),
  readPipe,
  facts: (path) => stat(path),
  linkFacts: (path) => lstat(path),
  watch: (folder, onChange, onError) =>
    watch(folder, (_event, name) => onChange(name)).on('error', (error: Error) => onError(error)),
}

const openFile = promisify(open)

/** Opened without waiting for a writer, and read by the event loop: a thread that waits could not be called back. */
async function* readPipe(path: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const fd = await openFile(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const socket = new Socket({ fd, readable: true, writable: false, signal })
  try {
    yield* socket as AsyncIterable<Uint8Array>
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  } finally {
    socket.destroy()
  }
}
