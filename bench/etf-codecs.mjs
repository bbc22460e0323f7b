// The codecs under test: how each encodes a value, and decodes what it encoded.
import { createRequire } from 'node:module'
import { deserialize, serialize } from 'node:v8'
import * as etf from '@dynsrv/etf'
import { PLAIN, termsOf } from './etf-terms.mjs'

const { ByteWriter, decode, encode, encodeInto } = etf

export const TERMS = termsOf(etf)

const require = createRequire(import.meta.url)

const VIEWS = { binary: 'view' }
const TEXT = { binary: 'text' }
const OBJECTS = { binary: 'text', map: 'object' }
const PLAIN_VALUES = { values: 'plain' }

const writer = new ByteWriter(1 << 20)
/** As a sender does: the same memory for every message. */
function encodeAgain(term) {
  writer.reset()
  encodeInto(writer, term)
  return writer
}

/** Each gives `{ encode?, decode?, values, input? }`; `input` makes what `decode` reads, else `encode` does. */
export const CODECS = {
  '@dynsrv/etf, into a writer': () => ({ encode: encodeAgain, values: TERMS }),
  '@dynsrv/etf, bytes': () => ({ encode: (term) => encode(term), decode: (bytes) => decode(bytes), values: TERMS }),
  '@dynsrv/etf, views': () => ({
    decode: (bytes) => decode(bytes, VIEWS),
    input: (term) => encode(term),
    values: TERMS,
  }),
  '@dynsrv/etf, text': () => ({ decode: (bytes) => decode(bytes, TEXT), input: (term) => encode(term), values: TERMS }),
  '@dynsrv/etf, text and objects': () => ({
    decode: (bytes) => decode(bytes, OBJECTS),
    input: (term) => encode(term),
    values: TERMS,
  }),
  '@dynsrv/etf, plain': () => ({
    decode: (bytes) => decode(bytes, PLAIN_VALUES),
    input: (term) => encode(term),
    values: TERMS,
  }),
  'erlpack (native) ~': () => {
    const { pack, unpack } = require('erlpack')
    return { encode: pack, decode: unpack, values: PLAIN }
  },
  erlang_js: erlangJs,
  'msgpackr ~': () => {
    const { Packr } = require('msgpackr')
    const packr = new Packr({ useRecords: false })
    return { encode: (value) => packr.pack(value), decode: (bytes) => packr.unpack(bytes), values: PLAIN }
  },
  'JSON ~': () => ({ encode: (value) => JSON.stringify(value), decode: (text) => JSON.parse(text), values: PLAIN }),
  'v8.serialize ~': () => ({ encode: serialize, decode: deserialize, values: PLAIN }),
}

/** It takes and gives results by a callback that it calls at once, and reads what BEAM would send it. */
function erlangJs() {
  const { Erlang } = require('erlang_js')
  const result = (call) => (value) => {
    let given
    call(value, (error, answer) => {
      if (error) throw error
      given = answer
    })
    return given
  }
  return {
    encode: result((value, done) => Erlang.term_to_binary(value, done)),
    decode: result((bytes, done) => Erlang.binary_to_term(bytes, done)),
    input: (_, name) => Buffer.from(encode(TERMS[name])),
    values: PLAIN,
  }
}
