// The seven terms, as values of each codec. BEAM makes the same ones in etf_bench.erl.
const text = (value) => new Uint8Array(Buffer.from(value))

/** A nested document of about 10 000 terms: rows of maps, lists, numbers and short texts. */
function document(make) {
  return Array.from({ length: 556 }, (_, row) =>
    make.map([
      ['id', 100_000 + row],
      ['name', make.text(`item ${row}`)],
      ['price', row + 0.25],
      ['tags', [make.text('red'), make.text('large'), make.text('sale')]],
      [
        'size',
        make.map([
          ['w', row % 100],
          ['h', 300 + row],
        ]),
      ],
    ]),
  )
}

const numbers = Array.from({ length: 1000 }, (_, index) => index + 1)
const floats = Array.from({ length: 1000 }, (_, index) => index + 0.5 + 1 / (index + 3))
const bytes64k = new Uint8Array(65_536).fill(7)
const keys = Array.from({ length: 100 }, (_, index) => `key_${index + 1}`)

/** Terms for `@dynsrv/etf`, made with that build of it. */
export function termsOf({ atom, Pid, Reference, tuple }) {
  const node = atom('a@localhost')
  return {
    small_tuple: tuple(atom('hello'), 42, text('world')),
    gen_call: tuple(
      atom('$gen_call'),
      tuple(
        new Pid(node, 120, 0, 1_700_000_000),
        new Reference(node, 1_700_000_000, [183_160, 1_972_371_458, 2_351_642_435]),
      ),
      tuple(atom('get'), text('user:1234'), 5000),
    ),
    ints_1000: numbers,
    map_100: new Map(keys.map((key, index) => [atom(key), text(`value ${index + 1}`)])),
    doc_10k: document({ text, map: (pairs) => new Map(pairs.map(([key, value]) => [atom(key), value])) }),
    bin_64k: bytes64k,
    floats_1000: floats,
  }
}

/** The nearest plain values, for codecs without atoms, tuples and pids. */
export const PLAIN = {
  small_tuple: ['hello', 42, 'world'],
  gen_call: [
    '$gen_call',
    [
      ['a@localhost', 120, 0, 1_700_000_000],
      [183_160, 1_972_371_458, 2_351_642_435],
    ],
    ['get', 'user:1234', 5000],
  ],
  ints_1000: numbers,
  map_100: Object.fromEntries(keys.map((key, index) => [key, `value ${index + 1}`])),
  doc_10k: document({ text: String, map: Object.fromEntries }),
  bin_64k: Buffer.from(bytes64k),
  floats_1000: floats,
}

export const TERM_NAMES = Object.keys(PLAIN)
