const PLAIN_ERLANG_ATOM = /^[a-zß-öø-ÿ][\w@À-ÖØ-öø-ÿ]*$/
const PLAIN_ELIXIR_ATOM = /^[\p{L}_][\p{L}\p{N}_@]*[?!]?$/u
const ELIXIR_ALIAS = /^Elixir((?:\.[A-Z]\w*)+)$/
const ELIXIR_OPERATORS = new Set(
  '! && ++ -- .. / | :: <> == => && || + - * = < > <= >= != === !== =~ |> <<< >>> <~ ~> <<~ ~>> <~> ^^^ &&& ||| & @ ^ %{} {} % <<>> \\\\ -> <- when in not and or'.split(
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

/** An atom as Erlang source. */
export function quoteAtom(name: string): string {
  if (PLAIN_ERLANG_ATOM.test(name) && !ERLANG_KEYWORDS.has(name)) return name
  return `'${withEscapes(name, "'")}'`
}

/** An atom as Elixir source: `:ok`, `:"two words"`, `Some.Module`. */
export function quoteElixirAtom(name: string): string {
  const alias = ELIXIR_ALIAS.exec(name)
  if (alias !== null) return alias[1]!.slice(1)
  return `:${isPlainElixirAtom(name) || ELIXIR_OPERATORS.has(name) ? name : quoteElixirText(name)}`
}

/** An atom in front of the colon of an Elixir keyword list: `ok:`, `"two words":`. */
export function quoteElixirKey(name: string): string {
  return `${isPlainElixirAtom(name) ? name : quoteElixirText(name)}:`
}

function isPlainElixirAtom(name: string): boolean {
  return PLAIN_ELIXIR_ATOM.test(name)
}

/** Text between double quotes, as Erlang's. */
export function quoteErlangText(text: string): string {
  return `"${withEscapes(text, '"')}"`
}

/** Text between double quotes, as Elixir's. */
export function quoteElixirText(text: string): string {
  return `"${withEscapes(text, '"').replaceAll('#{', '\\#{')}"`
}

function withEscapes(text: string, quote: string): string {
  let escaped = ''
  for (const character of text) {
    if (character === quote || character === '\\') escaped += `\\${character}`
    else escaped += ESCAPES[character] ?? escapeControl(character)
  }
  return escaped
}

function escapeControl(character: string): string {
  const code = character.codePointAt(0)!
  return code < 32 || (code > 126 && code < 160) ? `\\x{${code.toString(16).toUpperCase()}}` : character
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
    if (code === 127 ? false : code > 126 && code < 160) return false
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
