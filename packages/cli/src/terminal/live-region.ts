const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
const CLEAR_LINE = '\u001b[2K'
const CLEAR_BELOW = '\u001b[J'

/**
 * The last lines of a terminal, redrawn in place.
 *
 * Lines must already be cut to the terminal's width: a wrapped line would count as one and take two.
 */
export class LiveRegion {
  readonly #stream: NodeJS.WriteStream
  readonly #restore = () => this.#stream.write(SHOW_CURSOR)
  #height = 0
  #open = false

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  /** Shows these lines in place of the ones before. */
  draw(lines: readonly string[]): void {
    if (!this.#open) {
      this.#open = true
      // A terminal without a cursor is a bad thing to leave behind, whatever ends the process.
      process.once('exit', this.#restore)
    }
    const up = this.#height > 0 ? `\u001b[${this.#height}A` : ''
    const body = lines.map((line) => `${CLEAR_LINE}${line}\n`).join('')
    this.#stream.write(`${HIDE_CURSOR}${up}\r${body}${CLEAR_BELOW}`)
    this.#height = lines.length
  }

  /** Leaves the lines where they are and gives the cursor back. */
  close(): void {
    if (!this.#open) return
    this.#open = false
    this.#height = 0
    process.off('exit', this.#restore)
    this.#restore()
  }
}
