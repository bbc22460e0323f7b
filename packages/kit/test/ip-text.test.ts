import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { ipText } from '../src/index.ts'

/** All eight parts, so that the text is one of many that mean the address. */
const ADDRESSES = [
  'fdaa:0:0:a7b:0:0:0:2',
  '1:0:0:2:0:0:3:4',
  '0:0:0:0:0:0:0:0',
  '0:0:0:0:0:0:0:1',
  '0:0:0:0:0:0:1:2',
  '0:0:0:0:0:ffff:102:304',
  '2001:db8:0:1:1:1:1:1',
  'fe80:0:0:0:1:2:3:4',
  '2001:0:0:0:0:0:0:0',
  '0:0:0:1:0:0:0:0',
  '0:1:2:3:4:5:6:7',
  '1:2:3:4:5:6:0:0',
  '1:2:3:4:5:6:7:0',
  '64:ff9b:0:0:0:0:1:2',
  '0:0:0:0:1:0:0:1',
  'ABCD:0:EF:0:0:1:0:0',
  '1:0:0:0:2:0:0:0',
  '0:0:1:2:3:4:0:0',
  '0:0:0:0:ffff:0:1:2',
  // Every address of few parts, in each place: where the zeros are decides how it is written.
  ...['0', '1', '9', '99', 'a7b', 'ffff'].flatMap((part) => [
    ...Array.from({ length: 8 }, (_, at) =>
      Array.from({ length: 8 }, (_zero, each) => (each === at ? part : '0')).join(':'),
    ),
    ...Array.from({ length: 8 }, (_, at) =>
      Array.from({ length: 8 }, (_zero, each) => (each >= at ? part : '0')).join(':'),
    ),
    ...Array.from({ length: 8 }, (_, at) =>
      Array.from({ length: 8 }, (_zero, each) => (each === at ? '0' : part)).join(':'),
    ),
  ]),
]

describe('ipText', () => {
  it('writes IPv6 addresses as inet:ntoa/1 does', () => {
    const list = ADDRESSES.map((address) => `"${address}"`).join(',')
    const code = `[begin {ok, A} = inet:parse_address(T), io:format("~s~n", [inet:ntoa(A)]) end || T <- [${list}]], halt().`
    const written = execFileSync('erl', ['-noshell', '-eval', code], { encoding: 'utf8' }).trim().split('\n')
    expect(ADDRESSES.map(ipText)).toStrictEqual(written)
  })

  it('leaves other text as it is', () => {
    for (const text of ['192.0.2.1', 'a.test', '', '1::2::3']) expect(ipText(text)).toBe(text)
  })
})
