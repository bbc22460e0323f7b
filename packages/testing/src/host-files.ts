import type { FileFacts, Files } from '@dynsrv/kit'
import type { Schedule } from './time/schedule.ts'

interface Stored {
  readonly bytes: Uint8Array
  readonly ino: number
  readonly mtimeMs: number
}

interface Watcher {
  readonly folder: string
  readonly onChange: (name: string | null) => void
}

const REGULAR_FILE_0600 = 0o100600

/** The files of a host. They stay when its process is started again. */
export class HostFiles implements Files {
  readonly #schedule: Schedule
  readonly #stored = new Map<string, Stored>()
  readonly #watchers = new Set<Watcher>()
  #inodes = 1

  constructor(schedule: Schedule, texts: Readonly<Record<string, string>>) {
    this.#schedule = schedule
    for (const [path, text] of Object.entries(texts)) this.write(path, text)
  }

  /** Puts a file into its place, and tells those who watch its folder. */
  write(path: string, content: string | Uint8Array): void {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : new Uint8Array(content)
    this.#stored.set(path, { bytes, ino: this.#inodes++, mtimeMs: Math.floor(this.#schedule.now) })
    this.#changed(path)
  }

  remove(path: string): void {
    if (this.#stored.delete(path)) this.#changed(path)
  }

  async read(path: string): Promise<Uint8Array> {
    return this.#find(path, 'open').bytes
  }

  async facts(path: string): Promise<FileFacts> {
    const { bytes, ino, mtimeMs } = this.#find(path, 'stat')
    return {
      isFile: () => true,
      isDirectory: () => false,
      ino,
      size: bytes.length,
      mtimeMs,
      mode: REGULAR_FILE_0600,
      uid: 0,
    }
  }

  async linkFacts(path: string): Promise<FileFacts & { isSymbolicLink(): boolean }> {
    return { ...(await this.facts(path)), isSymbolicLink: () => false }
  }

  watch(folder: string, onChange: (name: string | null) => void): { close(): void; unref(): unknown } {
    const watcher: Watcher = { folder: folder.replace(/(?<=.)\/$/, ''), onChange }
    this.#watchers.add(watcher)
    const watching = { close: () => void this.#watchers.delete(watcher), unref: () => watching }
    return watching
  }

  #find(path: string, syscall: string): Stored {
    const stored = this.#stored.get(path)
    if (stored !== undefined) return stored
    const text = `ENOENT: no such file or directory, ${syscall} '${path}'`
    throw Object.assign(new Error(text), { code: 'ENOENT', errno: -2, syscall, path })
  }

  #changed(path: string): void {
    const slash = path.lastIndexOf('/')
    const folder = path.slice(0, Math.max(slash, 1))
    for (const watcher of this.#watchers) {
      if (watcher.folder === folder) this.#schedule.after(0, () => watcher.onChange(path.slice(slash + 1)))
    }
  }
}
