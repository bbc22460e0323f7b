import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { format } from 'node:util'
import { describe, expect, it } from 'vitest'

/** One fenced code block of a Markdown file. */
export interface CodeBlock {
  /** The word behind the fence, such as `ts` or `sh`. */
  readonly language: string
  readonly code: string
  /** Where the block's first line stands in its file, counted from 1. */
  readonly line: number
}

/** All fenced blocks of a Markdown text, in order. */
export function codeBlocks(markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = []
  let open: { language: string; line: number; lines: string[] } | undefined
  for (const [index, text] of markdown.split('\n').entries()) {
    if (open === undefined) {
      const fence = /^```(\w+)/.exec(text)
      if (fence !== null) open = { language: fence[1]!, line: index + 2, lines: [] }
    } else if (text.startsWith('```')) {
      blocks.push({ language: open.language, code: open.lines.join('\n'), line: open.line })
      open = undefined
    } else {
      open.lines.push(text)
    }
  }
  return blocks
}

const ANNOTATED_LOG = /^(\s*)console\.log\((.*)\);? \/\/ (.*)$/gm

/** What a block is expected to print: the text behind each `console.log(…) // text`, by line. */
export function withExpectations(code: string): { code: string; expected: string[] } {
  const expected: string[] = []
  const rewritten = code.replace(ANNOTATED_LOG, (_line, indent: string, args: string, text: string) => {
    expected.push(text)
    return `${indent}globalThis.readmeLog(${expected.length - 1}, ${args})`
  })
  return { code: rewritten, expected }
}

/**
 * Runs every `ts` block of a package's README as a module, top to bottom.
 *
 * A line `console.log(value) // text` must be reached and must print exactly `text`.
 *
 * @param packageUrl the package's folder, as a `file:` URL that ends in a slash
 * @param file the Markdown file below it
 */
export function testReadme(packageUrl: URL, file = 'README.md'): void {
  const blocks = codeBlocks(readFileSync(new URL(file, packageUrl), 'utf8')).filter(({ language }) => language === 'ts')
  const folder = new URL('test/.readme/', packageUrl)
  describe(`${file} code blocks`, () => {
    it('has at least one', () => expect(blocks.length).toBeGreaterThan(0))
    it.each(blocks)('line $line runs and prints what it says', async ({ code: source, line }) => {
      const { code, expected } = withExpectations(source)
      const printed = new Map<number, string>()
      const scope = globalThis as { readmeLog?: (index: number, ...values: unknown[]) => void }
      scope.readmeLog = (index, ...values) => printed.set(index, format(...values))
      mkdirSync(folder, { recursive: true })
      const module = new URL(`${file.replaceAll(/\W/g, '-')}-${line}.ts`, folder)
      writeFileSync(module, code)
      await import(/* @vite-ignore */ fileURLToPath(module))
      expect(expected.map((_text, index) => printed.get(index) ?? '(not reached)')).toStrictEqual(expected)
    })
  })
}
