import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { codeBlocks } from '@dynsrv/tools/readme-blocks'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const ROOT = new URL('../../', import.meta.url).pathname
const CODE = new Set(['ts', 'typescript', 'js', 'javascript'])

interface Snippet {
  readonly place: string
  readonly language: string
  readonly code: string
}

/** The files of a folder, by the end of their names. */
function filesIn(folder: string, end: string): string[] {
  const names = readdirSync(`${ROOT}${folder}`).filter((name) => name.endsWith(end))
  return names.map((name) => `${folder}/${name}`)
}

function foldersIn(folder: string): string[] {
  const entries = readdirSync(`${ROOT}${folder}`, { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${folder}/${name}`)
}

const readmes = [...foldersIn('packages'), ...foldersIn('examples')].map((folder) => `${folder}/README.md`)
const guides = ['docs/guides', 'docs/guides/recipes'].flatMap((folder) => filesIn(folder, '.md'))
const pages = ['README.md', 'CONTRIBUTING.md', ...filesIn('docs', '.md'), ...guides, ...readmes]
const documents = pages
  .filter((file) => existsSync(`${ROOT}${file}`))
  .flatMap((file) =>
    codeBlocks(readFileSync(`${ROOT}${file}`, 'utf8'))
      .filter(({ language }) => CODE.has(language))
      .map(({ language, code, line }): Snippet => ({ place: `${file}:${line}`, language, code })),
  )
const examples = foldersIn('examples')
  .flatMap((folder) => filesIn(folder, '.ts'))
  .map((place): Snippet => ({ place, language: 'ts', code: readFileSync(`${ROOT}${place}`, 'utf8') }))

/** Where the code claims to know better than the compiler. `as const` claims nothing. */
function claims(code: string): string[] {
  const source = ts.createSourceFile('snippet.ts', code, ts.ScriptTarget.ESNext, true)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    const isConst = ts.isAsExpression(node) && node.type.getText() === 'const'
    if ((ts.isAsExpression(node) && !isConst) || ts.isTypeAssertionExpression(node)) found.push(node.getText())
    if (node.kind === ts.SyntaxKind.AnyKeyword) found.push(node.parent.getText())
    ts.forEachChild(node, visit)
  }
  visit(source)
  if (/@ts-(?:ignore|expect-error|nocheck)/.test(code)) found.push('@ts-…')
  if (/\bTextDecoder\b|Buffer\.from\(\w+ as/.test(code)) found.push('bytes read by hand')
  return found
}

describe('code for readers', () => {
  it('finds a claim where there is one', () => {
    expect(claims('const a = b as Iterable<unknown>\nconst c = d as const\nconst e: any = <string>f')).toEqual([
      ...['b as Iterable<unknown>', 'e: any = <string>f', '<string>f'],
    ])
    expect(documents.length).toBeGreaterThan(30)
    expect(examples.length).toBeGreaterThan(4)
  })

  it.each([...documents, ...examples])('$place has no cast', ({ code }) => expect(claims(code)).toEqual([]))

  it('is right for the compiler', { timeout: 120_000 }, () => {
    // These two show parts of what a contributor writes; recipes.all.test.ts compiles recipes, where their frameworks are.
    const partly = /^(?:CONTRIBUTING|packages\/kit\/|docs\/guides\/recipes\/)/
    const whole = documents.filter(({ language, place }) => language === 'ts' && !partly.test(place))
    // A block stands beside its page, so that it finds what it imports from there.
    const files = new Map(
      whole.map(({ place, code }) => {
        const folder = place.startsWith('examples/') ? dirname(place) : 'interop/test'
        return [`${ROOT}${folder}/.doc-${place.replaceAll(/\W/g, '-')}.ts`, code]
      }),
    )
    const places = new Map([...files.keys()].map((name, index) => [name, whole[index]!.place]))
    const read = ts.readConfigFile(`${ROOT}tools/tsconfig.base.json`, ts.sys.readFile)
    const { options } = ts.parseJsonConfigFileContent(read.config, ts.sys, `${ROOT}tools`)
    const settings = { ...options, noEmit: true, noUnusedLocals: false, skipLibCheck: true }
    const host = ts.createCompilerHost(settings)
    const { fileExists, readFile, getSourceFile } = host
    host.fileExists = (name) => files.has(name) || fileExists.call(host, name)
    host.readFile = (name) => files.get(name) ?? readFile.call(host, name)
    host.getSourceFile = (name, version, ...rest) => {
      const code = files.get(name)
      if (code === undefined) return getSourceFile.call(host, name, version, ...rest)
      return ts.createSourceFile(name, code, version, true)
    }
    const program = ts.createProgram([...files.keys()], settings, host)
    const wrong = [...files.keys()].flatMap((name) => {
      const source = program.getSourceFile(name)!
      return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
        ({ messageText, start = 0 }) => {
          const line = source.getLineAndCharacterOfPosition(start).line + 1
          return `${places.get(name)} + ${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
        },
      )
    })
    expect(whole.length).toBeGreaterThan(10)
    expect(wrong).toEqual([])
  })
})
