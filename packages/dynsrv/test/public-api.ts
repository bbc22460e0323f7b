import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** What all packages export, as the compiler sees it. */
export interface PublicApi {
  readonly checker: ts.TypeChecker
  /** Everything exported, by whichever entry: its own symbol, behind all re-exports. */
  readonly exported: readonly Exported[]
}

export interface Exported {
  readonly symbol: ts.Symbol
  /** The file that exports it. */
  readonly source: ts.SourceFile
}

/** Reads the sources of everything that the packages export. */
export function publicApi(packages: readonly string[] = readdirSync(`${ROOT}packages`)): PublicApi {
  const config = ts.readConfigFile(`${ROOT}tools/tsconfig.base.json`, ts.sys.readFile).config
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, `${ROOT}tools`)
  const entries = packages.flatMap(entriesOf)
  // Without it, paths mean nothing, and other packages are what was built of them last.
  const program = ts.createProgram(entries, { ...options, pathsBasePath: `${ROOT}tools` })
  const checker = program.getTypeChecker()
  const exported = entries.flatMap((file) => {
    const source = program.getSourceFile(file)!
    return checker.getExportsOfModule(checker.getSymbolAtLocation(source)!).map((each) => ({
      symbol: each.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(each) : each,
      source,
    }))
  })
  return { checker, exported }
}

/** The source file of everything that a package exports. */
function entriesOf(name: string): string[] {
  const { exports, private: secret } = JSON.parse(readFileSync(`${ROOT}packages/${name}/package.json`, 'utf8'))
  const paths = secret === true ? [] : Object.keys(exports as object)
  return paths
    .map((path) => `${ROOT}packages/${name}/src/${path === '.' ? 'index' : path.slice(2)}.ts`)
    .filter((file) => existsSync(file))
}

/** What a type is made of: `A | (B & C)` of A, B and C. */
export function partsOf(type: ts.Type): ts.Type[] {
  return type.isUnionOrIntersection() ? type.types.flatMap(partsOf) : [type]
}

/** The package of ours in whose sources something is declared. */
export function ownerOf(symbol: ts.Symbol): string | undefined {
  const file = symbol.declarations?.[0]?.getSourceFile().fileName ?? ''
  return /\/packages\/([^/]+)\/src\//.exec(file)?.[1]
}

/** A function, constructor or method that a program can call. */
export interface Callable {
  /** `new Channel`, `Channel.send`, `startNode`. */
  readonly name: string
  readonly signature: ts.Signature
  readonly source: ts.SourceFile
}

/** Every exported function, every constructor, and every public method of exported classes and interfaces. */
export function callables({ checker, exported }: PublicApi): Callable[] {
  const found: Callable[] = []
  const add = (name: string, signatures: readonly ts.Signature[], source: ts.SourceFile) => {
    for (const signature of signatures) {
      if (signature.declaration === undefined || !isHiddenNode(signature.declaration))
        found.push({ name, signature, source })
    }
  }
  for (const { symbol, source } of exported) {
    if (symbol.flags & ts.SymbolFlags.Value) {
      const type = checker.getTypeOfSymbolAtLocation(symbol, source)
      add(symbol.name, type.getCallSignatures(), source)
      add(`new ${symbol.name}`, type.getConstructSignatures(), source)
    }
    if ((symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface)) === 0) continue
    for (const member of checker.getDeclaredTypeOfSymbol(symbol).getProperties()) {
      // A function in a property is one that a program gives.
      const isMethod = (member.flags & ts.SymbolFlags.Method) !== 0 && !/^(?:#|__@)/.test(member.name)
      if (!isMethod || ownerOf(member) === undefined || isHidden(member)) continue
      const type = checker.getTypeOfSymbolAtLocation(member, source)
      add(`${symbol.name}.${member.name}`, type.getCallSignatures(), source)
    }
  }
  return found
}

/** Whether a member is private or protected. */
export function isHidden(member: ts.Symbol): boolean {
  return member.declarations?.some(isHiddenNode) ?? false
}

function isHiddenNode(declaration: ts.Node): boolean {
  const hidden = [ts.SyntaxKind.PrivateKeyword, ts.SyntaxKind.ProtectedKeyword]
  return ts.canHaveModifiers(declaration)
    ? (ts.getModifiers(declaration) ?? []).some(({ kind }) => hidden.includes(kind))
    : false
}
