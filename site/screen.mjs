// The part of a terminal that a program with a moving picture needs: the cursor's rows, erasing, and colours.
const COLOURS = { 31: 'r', 32: 'g', 33: 'y', 34: 'm', 35: 'm', 36: 'c', 90: 'd' }

const escapeXml = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Rows of cells; each cell is a character and how it looks. */
export class Screen {
  #rows = [[]]
  #row = 0
  #column = 0
  #style = { bold: false, dim: false, colour: '' }
  #height

  constructor(height) {
    this.#height = height
  }

  write(text) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a terminal is told with
    for (const [part, parameters, command] of text.matchAll(/\x1b\[([?\d;]*)([A-Za-z])|[\s\S]/gu)) {
      if (command !== undefined) this.#control(command, parameters)
      else if (part === '\r') this.#column = 0
      else if (part === '\n') this.#down()
      else if (part >= ' ') this.#put(part)
    }
  }

  /** A row as the text of an SVG, or nothing where it is empty. */
  row(index) {
    const top = Math.max(0, this.#rows.length - this.#height)
    const cells = this.#rows[top + index] ?? []
    const runs = []
    for (const { char, look } of cells) {
      if (runs.at(-1)?.look === look) runs.at(-1).text += char
      else runs.push({ look, text: char })
    }
    const whole = runs.map(({ text }) => text).join('')
    if (whole.trim() === '') return ''
    return runs
      .map(({ look, text }) => (look === '' ? escapeXml(text) : `<tspan class="${look}">${escapeXml(text)}</tspan>`))
      .join('')
  }

  #put(char) {
    const cells = this.#rows[this.#row]
    while (cells.length < this.#column) cells.push({ char: ' ', look: '' })
    const { bold, dim, colour } = this.#style
    cells[this.#column] = { char, look: [bold ? 'b' : '', dim ? 'd' : '', colour].filter(Boolean).join(' ') }
    this.#column += 1
  }

  #down() {
    this.#row += 1
    if (this.#rows[this.#row] === undefined) this.#rows.push([])
  }

  #control(command, parameters) {
    const [first = 0] = parameters.split(';').map(Number)
    if (command === 'A') this.#row = Math.max(0, this.#row - (first || 1))
    else if (command === 'G') this.#column = (first || 1) - 1
    else if (command === 'K') this.#rows[this.#row] = first === 2 ? [] : this.#rows[this.#row].slice(0, this.#column)
    else if (command === 'J') {
      this.#rows.length = this.#row + 1
      this.#rows[this.#row] = this.#rows[this.#row].slice(0, this.#column)
    } else if (command === 'm') for (const each of (parameters || '0').split(';')) this.#look(Number(each))
    else if (!'hl'.includes(command))
      throw new Error(`a control sequence that is not known here: ${parameters}${command}`)
  }

  #look(code) {
    if (code === 0) this.#style = { bold: false, dim: false, colour: '' }
    else if (code === 1) this.#style.bold = true
    else if (code === 2) this.#style.dim = true
    else if (code === 22) this.#style.bold = this.#style.dim = false
    else if (code === 39) this.#style.colour = ''
    else if (COLOURS[code] !== undefined) this.#style.colour = COLOURS[code]
    else throw new Error(`a colour that is not known here: ${code}`)
  }
}
