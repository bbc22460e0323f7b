import { describe, expect, it } from 'vitest'
import { codeBlocks } from '../testing/readme-blocks.ts'

describe('codeBlocks', () => {
  it('finds each fenced block with its language and first line', () => {
    const text = ['# Title', '```ts', 'const a = 1', '```', 'prose', '```sh', 'npm test', '```'].join('\n')
    expect(codeBlocks(text)).toStrictEqual([
      { language: 'ts', code: 'const a = 1', line: 3 },
      { language: 'sh', code: 'npm test', line: 7 },
    ])
  })

  it('leaves an unclosed block out', () => expect(codeBlocks('```ts\nlost')).toStrictEqual([]))
})
