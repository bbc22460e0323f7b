import ts from 'typescript'
import { expect, it } from 'vitest'
import { hiddenTypes } from './hidden-types.ts'
import { callables, isHidden, ownerOf, partsOf, publicApi } from './public-api.ts'

const api = publicApi()
const { checker, exported } = api

const NOT_NAMED = ts.SymbolFlags.TypeParameter | ts.SymbolFlags.Method | ts.SymbolFlags.Function

/** What needs no `using`, and why. */
const OWNED: Readonly<Record<string, string>> = {
  Attached: 'what a program gives to start, which closes it',
  MetricsSink: 'what startMetrics returns closes it',
}

it('takes back what has close() with using, too', () => {
  const without = exported.flatMap(({ symbol, source }) => {
    if ((symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface)) === 0) return []
    const members = checker.getDeclaredTypeOfSymbol(symbol).getProperties()
    const close = members.find(({ name }) => name === 'close')
    if (close === undefined || Object.hasOwn(OWNED, symbol.name)) return []
    const waits = checker
      .getTypeOfSymbolAtLocation(close, source)
      .getCallSignatures()
      .some((each) => checker.typeToString(each.getReturnType()).includes('Promise'))
    const has = (name: string) => members.some((each) => each.name.startsWith(`__@${name}@`))
    return has('asyncDispose') || (!waits && has('dispose')) ? [] : [`${ownerOf(symbol)} ${symbol.name}`]
  })
  expect(exported.length).toBeGreaterThan(400)
  expect([...new Set(without)]).toEqual([])
})

it('exports the type of everything that is passed or given', () => {
  const names = new Set(exported.map(({ symbol }) => symbol))
  const missing = new Set<string>()
  const seen = new Set<ts.Type>()
  const note = (type: ts.Type, where: string): void => {
    if (seen.has(type)) return
    seen.add(type)
    const symbol = type.aliasSymbol ?? type.symbol
    const isReference = ((type as ts.ObjectType).objectFlags & ts.ObjectFlags.Reference) !== 0
    if (isReference) for (const each of checker.getTypeArguments(type as ts.TypeReference)) note(each, where)
    if (symbol !== undefined && names.has(symbol)) return
    if (type.isUnionOrIntersection()) for (const each of type.types) note(each, where)
    if (symbol === undefined || symbol.name.startsWith('__') || symbol.flags & NOT_NAMED) return
    // What kit declares stands in the types of the packages that bundle it.
    const owner = ownerOf(symbol)
    if (owner !== undefined && owner !== 'kit') missing.add(`${owner} ${symbol.name} in ${where}`)
  }
  for (const { name, signature, source } of callables(api)) {
    for (const parameter of signature.parameters) note(checker.getTypeOfSymbolAtLocation(parameter, source), name)
    note(signature.getReturnType(), name)
  }
  for (const { symbol, source } of exported) {
    if ((symbol.flags & ts.SymbolFlags.Type) === 0) continue
    for (const part of partsOf(checker.getDeclaredTypeOfSymbol(symbol))) {
      for (const member of part.getProperties()) {
        if (ownerOf(member) === undefined || /^(#|__@)/.test(member.name) || isHidden(member)) continue
        note(checker.getTypeOfSymbolAtLocation(member, source), `${symbol.name}.${member.name}`)
      }
    }
  }
  expect([...missing].sort()).toEqual([])
})

it('names every type in the signature of a public name', () => expect(hiddenTypes(api)).toEqual([]))

it('has no public method that is for ourselves only', () => {
  const internal = callables(api).filter(({ signature }) =>
    signature.getJsDocTags().some(({ name }) => name === 'internal'),
  )
  expect(internal.map(({ name }) => name)).toEqual([])
})
