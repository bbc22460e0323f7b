import util from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  atom,
  BitString,
  charlist,
  ExternalFun,
  Float,
  ImproperList,
  inspect,
  NativeRecord,
  Pid,
  Reference,
  type Term,
  tuple,
} from '../../src/index.ts'

const node = atom('a@host')

const TEXTS: readonly (readonly [term: Term, erlang: string, elixir: string])[] = [
  [tuple(atom('ok'), 42, 'world'), '{ok,42,<<"world">>}', '{:ok, 42, "world"}'],
  [[atom('a'), true, null, undefined], '[a,true,nil,undefined]', '[:a, true, nil, :undefined]'],
  [2n ** 4096n - 1n, String(2n ** 4096n - 1n), String(2n ** 4096n - 1n)],
  [2n ** 4096n, `16#1${'0'.repeat(1024)}`, `0x1${'0'.repeat(1024)}`],
  [-(2n ** 4100n) - 255n, `-16#1${'0'.repeat(1023)}FF`, `-0x1${'0'.repeat(1023)}FF`],
  [atom('two words'), "'two words'", ':"two words"'],
  [atom('Elixir.Some.Module'), "'Elixir.Some.Module'", 'Some.Module'],
  [charlist('hi'), '"hi"', '~c"hi"'],
  ['é', '<<"é"/utf8>>', '"é"'],
  [new Uint8Array([1, 2]), '<<1,2>>', '<<1, 2>>'],
  [new BitString(new Uint8Array([255, 224]), 3), '<<255,7:3>>', '<<255, 7::size(3)>>'],
  [new Map([[atom('a'), 1]]), '#{a => 1}', '%{a: 1}'],
  [new Map([['k', 1]]), '#{<<"k">> => 1}', '%{"k" => 1}'],
  [[tuple(atom('a'), 1), tuple(atom('b c'), 2)], "[{a,1},{'b c',2}]", '[a: 1, "b c": 2]'],
  [
    new Map<Term, Term>([
      [atom('__struct__'), atom('Elixir.User')],
      [atom('name'), 'Ada'],
    ]),
    "#{'__struct__' => 'Elixir.User',name => <<\"Ada\">>}",
    '%User{name: "Ada"}',
  ],
  [
    new Map<Term, Term>([
      [atom('__struct__'), atom('Elixir.ArgumentError')],
      [atom('__exception__'), true],
      [atom('message'), 'x'],
    ]),
    "#{'__struct__' => 'Elixir.ArgumentError','__exception__' => true,message => <<\"x\">>}",
    '%ArgumentError{message: "x"}',
  ],
  [new Map([[atom('__struct__'), atom('foo')]]), "#{'__struct__' => foo}", '%{__struct__: :foo}'],
  [new Map([[atom('+'), atom('...')]]), "#{'+' => '...'}", '%{+: :...}'],
  [[atom('::'), atom('=>'), atom('^^^'), atom('..//')], "['::','=>','^^^','..//']", '[:"::", :"=>", :"^^^", :..//]'],
  [tuple(atom('Elixir'), [tuple(atom('Elixir'), 1)]), "{'Elixir',[{'Elixir',1}]}", '{Elixir, ["Elixir": 1]}'],
  [tuple(atom('x²'), atom('µ'), atom('a·b')), "{'x²','µ','a·b'}", '{:"x²", :"µ", :a·b}'],
  [atom('\0\x07\x1f\x9f\ufeff'), "'\\000\\007\\037\\237\ufeff'", ':"\\0\\a\\x1F\\x9F\\uFEFF"'],
  ['\x07', '<<7>>', '"\\a"'],
  ['\uffff', '<<239,191,191>>', '<<239, 191, 191>>'],
  [new ImproperList([1, 2], atom('t')), '[1,2|t]', '[1, 2 | :t]'],
  [new Float(1), '1.0', '1.0'],
  [1e22 + 0.5, '10000000000000000000000', '10000000000000000000000'],
  [new Float(1000), '1.0e3', '1.0e3'],
  [0.1, '0.1', '0.1'],
  [new Pid(node, 10, 0, 5), '<a@host.10.0>', '#PID<a@host.10.0>'],
  [new Reference(node, 5, [1, 2, 3]), '#Ref<a@host.3.2.1>', '#Reference<a@host.3.2.1>'],
  [new ExternalFun(atom('lists'), atom('map'), 2), 'fun lists:map/2', '&:lists.map/2'],
  [new NativeRecord(atom('m'), atom('r'), true, [[atom('f'), 1]]), '#m:r{f = 1}', '#m:r{f = 1}'],
]

describe('inspect', () => {
  it.each(TEXTS)('%o', (term, erlang, elixir) => {
    expect(inspect(term)).toBe(erlang)
    expect(inspect(term, { syntax: 'elixir' })).toBe(elixir)
  })

  it('is what Node shows of the term classes', () => {
    expect(util.inspect(tuple(atom('ok'), [1, 'a']))).toBe('{ok,[1,<<"a">>]}')
    expect(util.format('%o', atom('x'))).toBe('x')
  })
})
