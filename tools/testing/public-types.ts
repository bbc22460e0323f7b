import { readFileSync } from 'node:fs'
import { dirname, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const BASE = fileURLToPath(new URL('../tsconfig.base.json', import.meta.url))
const KIT = fileURLToPath(new URL('../../packages/kit/src/', import.meta.url))

/**
 * The types in signatures of a package's public names that its index does not export, each with a name that needs it. Those
 * of `kit` count as its own, since `kit` is not published.
 */
export function hiddenTypes(index: URL): string[] {
  const entry = fileURLToPath(index)
  const own = [dirname(entry) + sep, KIT]
  const base: { readonly compilerOptions: object } = JSON.parse(readFileSync(BASE, 'utf8'))
  const { options } = ts.convertCompilerOptionsFromJson(base.compilerOptions, dirname(BASE))
  const program = ts.createProgram([entry], { ...options, noEmit: true })
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(entry)!
  const target = (symbol: ts.Symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  const exported = new Map<ts.Symbol, string>()
  for (const symbol of checker.getExportsOfModule(checker.getSymbolAtLocation(source)!)) {
    exported.set(target(symbol), symbol.name)
  }
  const hidden = new Set<string>()
  for (const [symbol, name] of exported) {
    for (const declaration of symbol.declarations ?? []) {
      if (!own.some((folder) => declaration.getSourceFile().fileName.startsWith(folder))) continue
      visitSignature(declaration, (reference) => {
        const found = checker.getSymbolAtLocation(reference)
        const type = found && target(found)
        const [declared] = type?.declarations ?? []
        if (type === undefined || declared === undefined || ts.isTypeParameterDeclaration(declared)) return
        const { fileName } = declared.getSourceFile()
        if (own.some((folder) => fileName.startsWith(folder)) && !exported.has(type))
          hidden.add(`${type.name} of ${name}`)
      })
    }
  }
  return [...hidden].sort()
}

/** Calls back with the name of each type that stands in what a reader of the declaration sees. */
function visitSignature(node: ts.Node, found: (reference: ts.Node) => void): void {
  if (ts.isBlock(node) || ts.isPrivateIdentifier(node) || isHidden(node)) return
  if (ts.isTypeReferenceNode(node)) found(node.typeName)
  if (ts.isExpressionWithTypeArguments(node)) found(node.expression)
  if (ts.isTypeQueryNode(node)) found(node.exprName)
  ts.forEachChild(node, (child) => {
    const isValue = (ts.isVariableDeclaration(node) || ts.isPropertyDeclaration(node)) && child === node.initializer
    if (!isValue) visitSignature(child, found)
  })
}

/** Whether it is a member that no other file can use. */
function isHidden(node: ts.Node): boolean {
  if (ts.isClassStaticBlockDeclaration(node)) return true
  if (!ts.isClassElement(node)) return false
  const isPrivate = ts.canHaveModifiers(node)
    ? (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword)
    : false
  return isPrivate || (node.name !== undefined && ts.isPrivateIdentifier(node.name))
}
