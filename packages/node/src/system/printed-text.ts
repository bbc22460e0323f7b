/** What one request prints. */
export class PrintedText {
  readonly #most: number
  readonly #print: (text: string) => void
  readonly #pieces: string[] = []
  #bytes = 0
  #isCut = false

  /**
   * @param most of more than this only the beginning is printed, with a mark behind it. Unit: bytes, as UTF-8
   * @param print gets what is printed, in few pieces
   */
  constructor(most: number, print: (text: string) => void) {
    this.#most = most
    this.#print = print
  }

  /** How many bytes may still come: 0 once it was cut. */
  get room(): number {
    return this.#isCut ? 0 : this.#most - this.#bytes
  }

  add(text: string): void {
    if (text === '' || this.#isCut) return
    const bytes = Buffer.byteLength(text)
    if (bytes <= this.room) {
      this.#bytes += bytes
      this.#pieces.push(text)
      return
    }
    this.#pieces.push(beginningOf(text, this.room), `… [cut: limits.maxPrintedBytes is ${this.#most}]\n`)
    this.#isCut = true
  }

  /** Prints what has come so far. */
  flush(): void {
    const text = this.#pieces.splice(0).join('')
    if (text !== '') this.#print(text)
  }
}

/** Prints texts, or their beginning with a mark behind it. */
export function printAtMost<From>(
  most: number,
  print: (text: string, from: From) => void,
): (text: string, from: From) => void {
  return (text, from) => {
    const printed = new PrintedText(most, (part) => print(part, from))
    printed.add(text)
    printed.flush()
  }
}

/** So much of a text as fits into so many bytes, up to a whole character. */
function beginningOf(text: string, most: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(most))
  return text.slice(0, read)
}
