import { readFile, stat } from 'node:fs/promises'

/** A file that is read at the first use and again whenever it has changed. */
export class ChangingFile<T> {
  readonly path: string
  readonly #parse: (text: string) => T
  #version = ''
  #read: { readonly value: T } | undefined

  constructor(path: string, parse: (text: string) => T) {
    this.path = path
    this.#parse = parse
  }

  /** What was read last; undefined when nothing was. */
  get last(): T | undefined {
    return this.#read?.value
  }

  /**
   * Calls at the same time each read for themselves, so that none of them gets what is not there yet.
   *
   * @throws what `stat`, `readFile` or the parser throws; the next call then reads again
   */
  async current(): Promise<T> {
    const { ino, mtimeMs, size } = await stat(this.path)
    const version = `${ino} ${mtimeMs} ${size}`
    if (this.#read !== undefined && version === this.#version) return this.#read.value
    const value = this.#parse(await readFile(this.path, 'utf8'))
    this.#read = { value }
    this.#version = version
    return value
  }
}
