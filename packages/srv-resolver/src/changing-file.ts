import { type Files, readSome } from '@dynsrv/kit'

/** A file that is read at the first use and again whenever it has changed. */
export class ChangingFile<T> {
  readonly path: string
  readonly #files: Files
  readonly #parse: (text: string) => T
  #version = ''
  #read: { readonly value: T } | undefined

  constructor(files: Files, path: string, parse: (text: string) => T) {
    this.#files = files
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
   * @throws what the system or the parser throws; the next call then reads again
   */
  async current(): Promise<T> {
    const { ino, mtimeMs, size } = await this.#files.facts(this.path)
    const version = `${ino} ${mtimeMs} ${size}`
    if (this.#read !== undefined && version === this.#version) return this.#read.value
    const value = this.#parse(new TextDecoder().decode(await readSome(this.#files, this.path)))
    this.#read = { value }
    this.#version = version
    return value
  }
}
