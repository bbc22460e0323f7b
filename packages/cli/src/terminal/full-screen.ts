const ENTER = '\u001b[?1049h\u001b[?25l'
const LEAVE = '\u001b[?1049l\u001b[?25h'
const HOME = '\u001b[H'
const CLEAR_LINE = '\u001b[2K'
const CLEAR_BELOW = '\u001b[J'

/** The whole terminal, on a screen of its own: what stood there before comes back at the end. */
export class FullScreen {
  readonly #stream: NodeJS.WriteStream
  readonly #restore = () => this.#stream.write(LEAVE)
  #open = false

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  /** Shows these lines, which must already be cut to the size of the terminal. */
  draw(lines: readonly string[]): void {
    const enter = this.#open ? '' : ENTER
    // A terminal without a cursor is a bad thing to leave behind, whatever ends the process.
    if (!this.#open) process.once('exit', this.#restore)
    this.#open = true
    this.#stream.write(enter + HOME + lines.map((line) => CLEAR_LINE + line).join('\r\n') + CLEAR_BELOW)
  }

  /** Gives the terminal back. */
  close(): void {
    if (!this.#open) return
    this.#open = false
    process.off('exit', this.#restore)
    this.#restore()
  }
}
