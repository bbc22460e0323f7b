import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { atom, type ContractFunction, type Matcher, type Term, tuple } from '@dynsrv/etf'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { describe, expect, it } from 'vitest'
import { fileModules, folderModules, writeTypes } from '../src/index.ts'
import { compile, compiledText, installedModules } from './support.ts'

const installed = installedModules()

/** What is written for a module of that source, compiled under strict and imported. */
async function written(text: string, name = 'hostile') {
  const source = folderModules([compiledText(name, `-module(${name}).\n${text}`)])
  const result = await writeTypes({ module: name, sources: [source, installed], from: '@dynsrv/etf' })
  const folder = temporaryFolder('hostile')
  writeFileSync(join(folder, `${name}.ts`), result.text)
  expect(compile(folder)).toBe('')
  const all = (await import(join(folder, `${name}.ts`))) as Record<string, unknown>
  const { functions } = all[result.name] as { functions: Readonly<Record<string, ContractFunction>> }
  return { ...result, all, functions, matcher: (named: string) => all[named] as Matcher<unknown> }
}

/** Names that would end a comment, a string, a line or a template, or set a prototype, if they could. */
const HOSTILE = [
  '*/ globalThis.pwned = 1 /*',
  "'; globalThis.pwned = 1; '",
  '"; globalThis.pwned = 1; "',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it would be one in a template
  '`${globalThis.pwned = 1}`',
  '\\',
  "\\'",
  '\n globalThis.pwned = 1\n',
  '\r\n*/',
  '\u2028globalThis.pwned = 1\u2029',
  '\u202e*/',
  '\u0000\u001b[31m',
  '</script>',
  '// x',
  '',
  '__proto__',
  'constructor',
  '',
  ' ',
  '1',
  'été?',
  '𝒳',
]

/** As Erlang reads it, whatever is in it. */
const quoted = (name: string) =>
  `'${Array.from(name, (character) => `\\x{${character.codePointAt(0)!.toString(16)}}`).join('')}'`

describe('names that a module chooses', () => {
  it('break out of nothing, as functions, types, atoms, keys, records, fields and variables', {
    timeout: 60_000,
  }, async () => {
    const names = HOSTILE.filter((name) => name !== '')
    const types = names.map(
      (name, index) => `-type ${quoted(name)}() :: ${quoted(name)} | {${index}, #{${quoted(name)} := a}}.`,
    )
    const records = names.map((name) => `-record(${quoted(name)}, {${quoted(name)} :: ${quoted(name)}()}).`)
    const exports = names.map((name) => `-export([${quoted(name)}/1]).`)
    const functions = names.flatMap((name) => [
      `-spec ${quoted(name)}(#${quoted(name)}{}) -> ${quoted(name)}() | no_module:${quoted(name)}().`,
      `${quoted(name)}(X) -> X.`,
    ])
    const { text, functions: known } = await written([...exports, ...types, ...records, ...functions].join('\n'))
    expect((globalThis as Record<string, unknown>).pwned).toBeUndefined()
    expect(Object.getPrototypeOf(known)).toBe(Object.prototype)
    expect(
      Object.values(known)
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...names].sort())
    // What cannot be seen, or turns text round, stands in it by its number.
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u)
  })

  it('make no client that is taken for a promise or for something else', async () => {
    const names = ['then', 'then_', 'constructor', '__proto__', 'toString', 'valueOf', 'delete', 'my fun?', 'reserve!']
    const sources = names.map((name) => `-spec '${name}'() -> ok.\n'${name}'() -> ok.`)
    const text = [`-export([${names.map((name) => `'${name}'/0`).join(', ')}]).`, ...sources].join('\n')
    const { functions } = await written(text)
    expect(Object.entries(functions).map(([known, { name }]) => [known, name])).toEqual([
      ['__proto___', '__proto__'],
      ['constructor_', 'constructor'],
      ['delete', 'delete'],
      ['my fun?', 'my fun?'],
      ['reserve!', 'reserve!'],
      ['then__', 'then'],
      ['then_', 'then_'],
      ['toString_', 'toString'],
      ['valueOf_', 'valueOf'],
    ])
  })

  it('of types that the file uses itself are other ones', async () => {
    const taken = ['map', 'set', 'promise', 'matcher', 'term', 'contract', 'date', 'hostile', 't', 'pid', 'range']
    const names = taken.map((name) => `'${name}_'`)
    const types = names.map((name) => `-type ${name}() :: integer().\n-export_type([${name}/0]).`).join('\n')
    await written(`${types}\n-export([f/1]).\n-spec f(${names[0]}()) -> map().\nf(_) -> #{}.`)
  })
})

describe('types that are large, deep or cyclic', () => {
  it('a spec of a thousand clauses', { timeout: 60_000 }, async () => {
    const clauses = Array.from({ length: 1000 }, (_, index) => `(c${index}, ${index}) -> r${index}`)
    const { functions, text } = await written(`-export([f/2]).\n-spec f${clauses.join(';\n')}.\nf(_, _) -> r1.`)
    expect(functions.f!.clauses).toHaveLength(1000)
    expect(text).toContain("f(arg1: 'c999', arg2: 999): Promise<'r999'>")
  })

  it('a union of five thousand, and a type of five hundred levels', { timeout: 60_000 }, async () => {
    const union = Array.from({ length: 5000 }, (_, index) => `a${index}`).join(' | ')
    const deep = `${'{'.repeat(500)}x${'}'.repeat(500)}`
    const { matcher, text } = await written(
      `-export_type([union/0, deep/0]).\n-type union() :: ${union}.\n-type deep() :: ${deep}.`,
    )
    expect(matcher('Union').test(tuple(1))).toBe(false)
    // Too deep for TypeScript: any term, with what Erlang says beside it.
    expect(text).toMatch(/Term \/\* \{\{\{.*…/)
  })

  it('a union of a thousand tuples', { timeout: 60_000 }, async () => {
    const union = Array.from({ length: 1000 }, (_, index) => `{t${index}, ${index}}`).join(' | ')
    const { matcher } = await written(`-export_type([u/0]).\n-type u() :: ${union}.`)
    expect(matcher('U').test(tuple(atom('t999'), 999))).toBe(true)
    expect(matcher('U').test(tuple(atom('t999'), 998))).toBe(false)
  })

  it('types that contain themselves, with nothing around them, or ever larger ones', async () => {
    const { matcher, text } = await written(`
-export_type([self/0, a/0, b/0, tree/0, lists/0, odd/0, maps/0]).
-type self() :: self() | x.
-type a() :: b() | in_a.
-type b() :: a() | in_b.
-type tree() :: leaf | {tree(), tree()}.
-type lists() :: [lists()].
-type maps() :: #{key => maps(), atom() => maps()}.
-type nested(T) :: none | {T, nested([T])}.
-type odd() :: nested(integer()).
`)
    expect(text).toContain("export type Self = 'x'\n")
    expect(matcher('Self').test(atom('x'))).toBe(true)
    for (const [type, member] of [
      ['A', 'in_a'],
      ['A', 'in_b'],
      ['B', 'in_b'],
    ] as const) {
      expect(matcher(type).test(atom(member)), `${type} ${member}`).toBe(true)
    }
    const leaf = atom('leaf')
    expect(matcher('Tree').test(tuple(tuple(leaf, leaf), leaf))).toBe(true)
    expect(matcher('Tree').test(tuple(tuple(leaf, 1), leaf))).toBe(false)
    expect(matcher('Lists').test([[], [[[]]]])).toBe(true)
    expect(matcher('Odd').test(tuple(1, tuple([2], atom('none'))))).toBe(true)
    expect(matcher('Odd').test(tuple(1, tuple([2.5], atom('none'))))).toBe(false)
  })

  it('values that nest deeply are refused, and those that could be read in many ways cost no more', async () => {
    const { matcher } = await written(`
-export_type([e/0]).
-type e() :: {x, e(), a} | {x, e(), b} | {y, e()} | z.
`)
    const nested = (depth: number, last: string) => {
      let term: Term = atom('z')
      for (let level = 0; level < depth; level++) term = tuple(atom('x'), term, atom(last))
      return term
    }
    // Tried from the top at each level, the second branch would take 2 ** 400 steps.
    expect(matcher('E').test(nested(400, 'b'))).toBe(true)
    expect(matcher('E').test(nested(400, 'c'))).toBe(false)
    const { mismatch } = matcher('E').match(nested(100_000, 'b')) as { mismatch: { expected: string } }
    expect(mismatch.expected).toContain('nested no deeper than')
    expect(matcher('E').test(nested(400, 'b'))).toBe(true)
  })
})

describe('what cannot be said or read', () => {
  it('a type of a module that is not there', async () => {
    const { text, remarks } = await written(
      '-export([f/1]).\n-spec f(gone:away(integer())) -> [gone:other()].\nf(_) -> [].',
    )
    expect(text).toContain('f(arg1: Term /* gone:away(integer()) */): Promise<(Term /* gone:other() */)[]>')
    expect(remarks).toEqual(['types of gone are any term: there is no module gone'])
  })

  it('but types that Elixir has by itself are known without its files', async () => {
    const spec = 'elixir:keyword(integer()), elixir:keyword(), elixir:charlist(), elixir:as_boolean(atom())'
    const text = `-module(own).\n-export([f/4]).\n-spec f(${spec}) -> 'Elixir.Keyword':t(float()).\nf(_, _, _, _) -> [].`
    const own = folderModules([compiledText('own', text)])
    const alone = await writeTypes({ module: 'own', sources: [own] })
    expect(alone.remarks).toEqual([])
    expect(alone.text).toContain(
      'f(arg1: [Atom, number][], arg2: [Atom, Term][], arg3: string, arg4: Atom): Promise<[Atom, number][]>',
    )
    // What a node gives is the same, so that a check in CI without Elixir's files finds no difference.
    expect((await writeTypes({ module: 'own', sources: [own, installed] })).text).toBe(alone.text)
  })

  it('a module without specs', async () => {
    const { text, remarks } = await written('-export([f/0, f/2]).\nf() -> 1.\nf(_, _) -> 2.')
    expect(text).toContain('f(arg1: Term, arg2: Term): Promise<Term>')
    expect(remarks).toEqual(['hostile has no specs: its functions take and give any term'])
  })

  it('a module without functions', async () => {
    expect((await written('')).functions).toEqual({})
  })

  it('files that are no modules, cut ones, and those of another name', async () => {
    const folder = compiledText('whole', '-module(whole).\n-export([f/0]).\n-spec f() -> ok.\nf() -> ok.')
    const bytes = readFileSync(join(folder, 'whole.beam'))
    const other = temporaryFolder('cut')
    for (let length = 0; length < bytes.length; length += 7) {
      const path = join(other, 'cut.beam')
      writeFileSync(path, bytes.subarray(0, length))
      await expect(fileModules([path])).rejects.toMatchObject({ code: 'TYPES_BAD_BEAM' })
    }
    for (let at = 8; at < bytes.length; at += 11) {
      const spoilt = Uint8Array.from(bytes)
      spoilt[at] = spoilt[at]! ^ 0xff
      const path = join(other, 'whole.beam')
      writeFileSync(path, spoilt)
      const reading = writeTypes({ module: 'whole', sources: [folderModules([other])] })
      const error = await reading.then(
        () => undefined,
        (cause: unknown) => cause,
      )
      if (error !== undefined)
        expect(error).toMatchObject({ code: expect.stringMatching(/^TYPES_(BAD_BEAM|NO_DEBUG_INFO)$/) })
    }
    writeFileSync(join(other, 'named.beam'), bytes)
    await expect(writeTypes({ module: 'named', sources: [folderModules([other])] })).rejects.toMatchObject({
      code: 'TYPES_BAD_BEAM',
    })
    await expect(writeTypes({ module: '../cut', sources: [folderModules([other])] })).rejects.toMatchObject({
      code: 'TYPES_NO_MODULE',
    })
  })
})

describe('a module of a folder that cannot be read', () => {
  const odd = temporaryFolder('unreadable')
  // Root reads what nobody else may; a link to itself is read by nobody.
  symlinkSync('odd.beam', join(odd, 'odd.beam'))

  it('is the cause, and not a module that is not there', async () => {
    await expect(writeTypes({ module: 'odd', sources: [folderModules([odd])] })).rejects.toMatchObject({
      code: 'TYPES_BAD_BEAM',
      message: expect.stringMatching(/odd\.beam cannot be read: .*ELOOP/),
    })
    const gone = writeTypes({ module: 'x'.repeat(255), sources: [folderModules([odd, join(odd, 'none')])] })
    await expect(gone).rejects.toMatchObject({ code: 'TYPES_NO_MODULE' })
  })

  it('is taken from another folder that has it', async () => {
    const whole = compiledText('odd', '-module(odd).\n-export([f/0]).\n-spec f() -> ok.\nf() -> ok.\n')
    const { text } = await writeTypes({ module: 'odd', sources: [folderModules([odd, whole])] })
    expect(text).toContain('f: ')
  })
})
