import type { Doc } from '../beam/docs.ts'
import type { ModuleFacts } from '../read/module-facts.ts'
import { ANY, type Declaration, type Element } from '../read/type.ts'
import type { Clause, TypedFunction } from '../read/typed-function.ts'
import { block, laidOut, type Piece, sequence } from './layout.ts'
import { docComment, objectKey, propertyName, stringLiteral } from './literal.ts'
import { declaredMatcher, matcherText } from './matcher-text.ts'
import { methodNames, parameter } from './names.ts'
import { declaredType, typeText } from './type-text.ts'
import { usedNames } from './used-names.ts'

/** What a file is made of. */
export interface ModuleFile {
  readonly facts: ModuleFacts
  /** The client's name. */
  readonly name: string
  /** What a person would type to make it again. */
  readonly command: string
  /** The package that `t` comes from. */
  readonly from: string
  readonly declarations: readonly Declaration[]
  readonly functions: readonly TypedFunction[]
  readonly docs: ReadonlyMap<string, ReadonlyMap<string, Doc>>
}

/** Writes the file. It depends on nothing else: the same module gives the same text. */
export function moduleFile(file: ModuleFile): string {
  const methods = methodNames([...new Set(file.functions.map(({ name }) => name))])
  const groups = new Map<string, TypedFunction[]>()
  for (const each of file.functions) groups.set(each.name, [...(groups.get(each.name) ?? []), each])
  const parts = [
    header(file),
    ...file.declarations.map((declaration) => declarationText(declaration, file)),
    clientText(file, groups, methods),
    contractText(file, groups, methods),
  ]
  return `${parts.join('\n\n')}\n`
}

function header(file: ModuleFile): string {
  const { types, values } = usedNames(file)
  const names = [
    ...new Set([...types.filter((name) => !values.includes(name)).map((name) => `type ${name}`), ...values]),
  ]
  const bare = (name: string) => name.replace(/^type /, '')
  names.sort((one, other) => (sortKey(bare(one)) < sortKey(bare(other)) ? -1 : 1))
  const imports = laidOut(sequence(block('import {', names, '}'), ` from ${stringLiteral(file.from)}`))
  return [
    `// Written by \`${file.command}\`. Do not edit: run it again.`,
    '// biome-ignore-all lint: written by a program',
    '// biome-ignore-all format: written by a program',
    '/* eslint-disable */',
    '',
    imports,
  ].join('\n')
}

/** Names sort by letters, and of one letter the capital comes first. */
function sortKey(name: string): string {
  return Array.from(name, (letter) => `${letter.toLowerCase()}${letter === letter.toLowerCase() ? 1 : 0}`).join('')
}

function declarationText(declaration: Declaration, file: ModuleFile): string {
  const { name, module, signature } = declaration
  const doc = file.docs.get(module)?.get(`type/${signature}`)
  const comment = docComment([...docLines(doc), `\`${declaration.erlang}\``], 0)
  const made = sequence(`t.lazy(${stringLiteral(name)}, () => `, declaredMatcher(declaration), ')')
  const typeStart = `export type ${name} = `
  const constStart = `export const ${name}: Matcher<${name}> = `
  const typeLine = laidOut(declaredType(declaration), 0, typeStart.length)
  return [
    `${comment}${typeLine.startsWith('\n') ? typeStart.trimEnd() : typeStart}${typeLine}`,
    `${constStart}${laidOut(made, 0, constStart.length)}`,
  ].join('\n')
}

/** What is written about it, up to the first heading. */
function docLines(doc: Pick<Doc, 'text' | 'deprecated'> | undefined): string[] {
  const lines = (doc?.text ?? '').split(/\r\n|[\n\r\u2028\u2029]/)
  const heading = lines.findIndex((line, index) => index > 0 && /^#{1,6} /.test(line))
  const shown = (heading < 0 ? lines : lines.slice(0, heading)).slice(0, MOST_LINES)
  while (shown.length > 0 && shown.at(-1)!.trim() === '') shown.pop()
  while (shown.length > 0 && shown[0]!.trim() === '') shown.shift()
  if (shown.length > 0) shown.push('')
  if (doc?.deprecated !== undefined) shown.push(`@deprecated ${doc.deprecated.replaceAll(/\s+/g, ' ')}`, '')
  return shown
}

const MOST_LINES = 200

type Groups = ReadonlyMap<string, readonly TypedFunction[]>
type Methods = ReadonlyMap<string, string>

function clientText(file: ModuleFile, groups: Groups, methods: Methods): string {
  const { facts, name } = file
  const about = docLines({ text: facts.docs.text, deprecated: undefined })
  const comment = docComment([...about, `The functions of \`${shownModule(facts.module)}\`.`], 0)
  const shown = [...groups].flatMap(([named, all]) => all.map((each) => methodText(each, methods.get(named)!, file)))
  const body = shown.length === 0 ? '{}' : `{\n${shown.join('\n')}}`
  return `${comment}export interface ${name} ${body}`
}

function shownModule(module: string): string {
  return module.startsWith('Elixir.') ? module.slice('Elixir.'.length) : module
}

function methodText(fun: TypedFunction, known: string, file: ModuleFile): string {
  const { name, arity, typed } = fun
  const doc = file.docs.get(file.facts.module)?.get(`function/${name}/${arity}`)
  const about = [...docLines(doc), `\`${name}/${arity}\`${typed.length === 0 ? '. It has no spec.' : ''}`]
  const clauses = typed.length === 0 ? [looseClause(arity)] : typed
  const signatures = clauses.map(({ takes, gives }) => {
    const names = parameterNames(takes, doc?.signature)
    const params = takes.map(({ of }, index) => sequence(`${names[index]}: `, typeText(of)))
    const text = sequence(block(`${propertyName(known)}(`, params, ')'), block(': Promise<', [typeText(gives)], '>'))
    return `  ${laidOut(text, 2)}\n`
  })
  return docComment(about, 2) + distinct(signatures).join('')
}

function distinct(lines: readonly string[]): readonly string[] {
  return [...new Set(lines)]
}

/** What a function without spec takes and gives. */
export function looseClause(arity: number): Clause {
  return { takes: Array.from({ length: arity }, () => ({ of: ANY })), gives: ANY }
}

/** The names of the spec, else those of the docs, else numbers; each once. */
function parameterNames(takes: readonly Element[], signature: string | undefined): readonly string[] {
  const documented = /\((.*)\)$/s.exec(signature ?? '')?.[1]?.split(',') ?? []
  const taken = new Set<string>()
  return takes.map(({ name }, index) => {
    const fromDocs = documented.length === takes.length ? /^[\w\s]+/.exec(documented[index]!)?.[0] : undefined
    const wanted = parameter(name ?? '') ?? parameter(fromDocs?.trim() ?? '') ?? `arg${index + 1}`
    let chosen = wanted
    for (let count = 2; taken.has(chosen); count++) chosen = `${wanted}${count}`
    taken.add(chosen)
    return chosen
  })
}

function contractText(file: ModuleFile, groups: Groups, methods: Methods): string {
  const { facts, name } = file
  const functions = [...groups].map(([named, all]): Piece => {
    const clauses = all
      .flatMap(({ arity, typed }) => (typed.length === 0 ? [looseClause(arity)] : typed))
      .map(({ takes, gives }) => {
        const taken = takes.map(({ of }) => matcherText(of))
        return block('clause(', [block('[', taken, ']'), matcherText(gives)], ')')
      })
    return block(
      `${objectKey(methods.get(named)!)}: {`,
      [`name: ${stringLiteral(named)}`, block('clauses: [', clauses, ']')],
      '}',
    )
  })
  const start = `export const ${name}: Contract<${name}> = `
  const body = block(`contract(${stringLiteral(facts.module)}, {`, functions, '})')
  const comment = docComment([`What \`cluster.module(${name})\` calls.`], 0)
  return `${comment}${start}${laidOut(body, 0, start.length)}`
}
