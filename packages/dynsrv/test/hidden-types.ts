import ts from 'typescript'
import type { PublicApi } from './public-api.ts'

const { SymbolFlags } = ts

/**
 * The types in signatures of public names that a program cannot name, each as `package: type in name`. A type has to be
 * exported by the package that declares it; one of `kit`, which is not published, by each package that shows it.
 */
export function hiddenTypes({ checker, exported }: PublicApi): string[] {
  const target = (symbol: ts.Symbol) => (symbol.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol)
  const named = (node: ts.Node) => {
    const symbol = checker.getSymbolAtLocation(node)
    return symbol && target(symbol)
  }
  const shown = new Map<string, Set<ts.Symbol>>()
  for (const { symbol, source } of exported) {
    const owner = packageOf(source) ?? ''
    shown.set(owner, (shown.get(owner) ?? new Set()).add(symbol))
  }
  const hidden = new Set<string>()
  for (const [owner, symbols] of shown) {
    const isHidden = (member: ts.ClassElement | ts.TypeElement): boolean => {
      const isPrivate = ts.canHaveModifiers(member)
        ? ts.getModifiers(member)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword)
        : false
      if (isPrivate || ts.isClassStaticBlockDeclaration(member)) return true
      const { name } = member
      if (name === undefined || !ts.isComputedPropertyName(name))
        return name !== undefined && ts.isPrivateIdentifier(name)
      // A member with a symbol for a name is there for those who have the symbol.
      const key = named(name.expression)
      return key !== undefined && packageOf(declarationOf(key)) !== undefined && !symbols.has(key)
    }
    for (const symbol of symbols) {
      const seen = new Set<ts.Symbol>()
      const visit = (node: ts.Node): void => {
        if (ts.isBlock(node) || ((ts.isClassElement(node) || ts.isTypeElement(node)) && isHidden(node))) return
        if (ts.isTypeReferenceNode(node)) refer(node.typeName)
        if (ts.isExpressionWithTypeArguments(node)) refer(node.expression)
        if (ts.isTypeQueryNode(node)) refer(node.exprName)
        ts.forEachChild(node, (child) => {
          const isValue =
            (ts.isVariableDeclaration(node) || ts.isPropertyDeclaration(node)) && child === node.initializer
          if (!isValue) visit(child)
        })
      }
      const refer = (reference: ts.Node): void => {
        const type = named(reference)
        const declared = type && declarationOf(type)
        const from = packageOf(declared)
        if (type === undefined || declared === undefined || from === undefined || seen.has(type)) return
        seen.add(type)
        if (type.flags & (SymbolFlags.TypeParameter | SymbolFlags.ValueModule)) return
        if ((from === 'kit' ? symbols : shown.get(from))?.has(type)) return
        if (isWrittenOut(declared)) visit(declared)
        else hidden.add(`${owner}: ${type.name} in ${symbol.name}`)
      }
      for (const declaration of symbol.declarations ?? []) {
        if ([owner, 'kit'].includes(packageOf(declaration) ?? '')) visit(declaration)
      }
    }
  }
  return [...hidden].sort()
}

/** Whether the compiler shows what it comes to in place of its name: a value's type, and a type computed from others. */
function isWrittenOut(declared: ts.Declaration): boolean {
  if (ts.isVariableDeclaration(declared)) return true
  if (!ts.isTypeAliasDeclaration(declared)) return false
  const { type } = declared
  return (
    ts.isMappedTypeNode(type) ||
    ts.isConditionalTypeNode(type) ||
    ts.isIndexedAccessTypeNode(type) ||
    ts.isTypeOperatorNode(type) ||
    ts.isIntersectionTypeNode(type) ||
    ts.isTypeReferenceNode(type)
  )
}

function declarationOf(symbol: ts.Symbol): ts.Declaration | undefined {
  return symbol.declarations?.[0]
}

/** The package of ours that holds it. */
function packageOf(node: ts.Node | undefined): string | undefined {
  return /\/packages\/([^/]+)\/src\//.exec(node?.getSourceFile().fileName ?? '')?.[1]
}
