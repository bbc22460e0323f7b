const PLAIN_ERLANG_ATOM = /^[a-zß-öø-ÿ][\w@À-ÖØ-öø-ÿ]*$/
const PLAIN_ELIXIR_ATOM = /^[\p{XIDS}_][\p{XIDC}@]*[?!]?$/u
const ELIXIR_ALIAS = /^Elixir((?:\.[A-Z]\w*)+)$/
/** Those that need no quotes: not `::`, `=>` and `^^^`. */
const ELIXIR_OPERATORS = new Set(
  '! && ++ +++ -- --- . .. ... ..// / ** | <> == || + - * = < > <= >= != === !== =~ |> <<< >>> <~ ~> <<~ ~>> <~> &&& ||| & @ ^ %{} {} % <<>> \\\\ -> <-'.split(
    ' ',
  ),
)
const ERLANG_KEYWORDS = new Set(
  'after and andalso band begin bnot bor bsl bsr bxor case catch cond div end fun if let not of or orelse receive rem try when xor'.split(
    ' ',
  ),
)

const ESCAPES: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\b': '\\b',
  '\f': '\\f',
  '\x1b': '\\e',
  '\x7f': '\\d',
}

const ELIXIR_ESCAPES: Readonly<Record<string, string>> = {
  ...ESCAPES,
  '\0': '\\0',
  '\x07': '\\a',
  '\ufeff': '\\uFEFF',
}

/** An atom as Erlang source. */
export function quoteAtom(name: string): string {
  if (PLAIN_ERLANG_ATOM.test(name) && !ERLANG_KEYWORDS.has(name)) return name
  return `'${withErlangEscapes(name, "'")}'`
}

/** An atom as Elixir source: `:ok`, `:"two words"`, `Some.Module`. */
export function quoteElixirAtom(name: string): string {
  if (name === 'Elixir') return name
  const alias = ELIXIR_ALIAS.exec(name)
  if (alias !== null) return alias[1]!.slice(1)
  return `:${isPlainElixirAtom(name) ? name : quoteElixirText(name)}`
}

/** An atom in front of the colon of an Elixir keyword list: `ok:`, `"two words":`. */
export function quoteElixirKey(name: string): string {
  return `${isPlainElixirAtom(name) && name !== 'Elixir' ? name : quoteElixirText(name)}:`
}

function isPlainElixirAtom(name: string): boolean {
  if (ELIXIR_OPERATORS.has(name)) return true
  return PLAIN_ELIXIR_ATOM.test(name) && name.normalize('NFKC') === name
}

/** Text between double quotes, as Erlang's. */
export function quoteErlangText(text: string): string {
  return `"${withErlangEscapes(text, '"')}"`
}

/** Text between double quotes, as Elixir's. */
export function quoteElixirText(text: string): string {
  return `"${withEscapes(text, '"', ELIXIR_ESCAPES, elixirControl).replaceAll('#{', '\\#{')}"`
}

function withErlangEscapes(text: string, quote: string): string {
  return withEscapes(text, quote, ESCAPES, erlangControl)
}

function withEscapes(
  text: string,
  quote: string,
  escapes: Readonly<Record<string, string>>,
  control: (code: number) => string,
): string {
  let escaped = ''
  for (const character of text) {
    if (character === quote || character === '\\') escaped += `\\${character}`
    else
      escaped +=
        escapes[character] ?? (isControl(character.codePointAt(0)!) ? control(character.codePointAt(0)!) : character)
  }
  return escaped
}

function erlangControl(code: number): string {
  return `\\${code.toString(8).padStart(3, '0')}`
}

function elixirControl(code: number): string {
  return `\\x${code.toString(16).toUpperCase().padStart(2, '0')}`
}

function isControl(code: number): boolean {
  return code < 32 || (code > 126 && code < 160)
}

/** Whether Erlang's default (`+pc latin1`) takes the code for a printable character. */
export function isPrintableLatin1(code: number): boolean {
  return (code >= 32 && code <= 126) || (code >= 160 && code <= 255) || (code >= 8 && code <= 13) || code === 27
}

/** Whether Elixir's `String.printable?/1` takes the text. */
export function isPrintableText(text: string): boolean {
  for (const character of text) {
    const code = character.codePointAt(0)!
    if (code < 32 && !(code >= 7 && code <= 13) && code !== 27) return false
    if ((code > 127 && code < 160) || code === 0xfffe || code === 0xffff) return false
  }
  return true
}

/**
 * A float as Erlang prints it: the fewest digits that name it, in the shorter of the plain and the scientific form,
 * and always the scientific form from 2^53 on.
 *
 * @see OTP `erlang:float_to_list/2`, option `short`
 */
export function floatText(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const [mantissa = '', exponent = ''] = value.toExponential().split('e')
  const scientific = `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}e${exponent.replace('+', '')}`
  if (Math.abs(value) >= 2 ** 53) return scientific
  const plain = plainDecimal(mantissa, Number(exponent))
  return plain.length <= scientific.length ? plain : scientific
}

function plainDecimal(mantissa: string, exponent: number): string {
  const sign = mantissa.startsWith('-') ? '-' : ''
  const digits = mantissa.replace(/[-.]/g, '')
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`
}
