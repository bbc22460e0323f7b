import { describe, expect, it } from 'vitest'
import { identifier, oneLine, visible, visibleLines } from '../src/index.ts'

describe('text of others', () => {
  it.each([
    ['plain ☺ text', 'plain ☺ text'],
    ['\u001b[2J\u009b2J', '\\u{1b}[2J\\u{9b}2J'],
    ['a\u202eb\u200b', 'a\\u{202e}b\\u{200b}'],
    ['one\r\ntwo', 'one\\u{d}\\u{a}two'],
    ['half \ud83d', 'half \\u{d83d}'],
  ])('shows what cannot be seen in %j', (text, expected) => expect(visible(text)).toBe(expected))

  it.each([
    ['one\r\n\ttwo\n', 'one\n\ttwo\n'],
    ['a\u001b[2J\nb\rc', 'a\\u{1b}[2J\nb\\u{d}c'],
  ])('keeps its lines: %j', (text, expected) => expect(visibleLines(text)).toBe(expected))

  it.each([
    [' a \r\n\t b ', 'a b'],
    ['a\u2028b\u0085c', 'a b c'],
    ['a  b\u0007', 'a  b\\u{7}'],
    ['', ''],
  ])('stands on one line: %j', (text, expected) => expect(oneLine(text)).toBe(expected))

  it.each([
    ['api-1@my-service.test', 'api-1@my-service.test'],
    ['10.0.0.5:4370', '10.0.0.5:4370'],
    ['', '""'],
    ['a is fine', '"a is fine"'],
    ['a"b\\', '"a\\"b\\\\"'],
    ['a\n{"type":"nodeup"}', '"a\\n{\\"type\\":\\"nodeup\\"}"'],
    ['a\u202eb', '"a\\u{202e}b"'],
  ])('has names in quotation marks unless they are plain: %j', (name, expected) =>
    expect(identifier(name)).toBe(expected))
})

it('puts long runs of blanks on one line in time proportional to their length', () => {
  const blanks = ' '.repeat(2_000_000)
  // The square of that is hours.
  expect(oneLine(`a${blanks}b`)).toBe(`a${blanks}b`)
  expect(oneLine(`a${blanks}\n${blanks}b\u0085\n c`)).toBe('a b c')
})
