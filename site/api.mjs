// The API reference of a package, read from the declarations that it ships: what a program sees is what is documented.
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

const KINDS = ['Functions', 'Classes', 'Interfaces', 'Types', 'Values']

/** The public packages, in the order of the README. */
export function publicPackages(root) {
  const order = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/^\| \[`([^`]+)`\]\(packages\//gm)]
  return readdirSync(join(root, 'packages'))
    .map((folder) => ({ folder, file: join(root, 'packages', folder, 'package.json') }))
    .filter(({ file }) => existsSync(file))
    .map(({ folder, file }) => ({ folder, ...JSON.parse(readFileSync(file, 'utf8')) }))
    .filter((each) => each.private !== true)
    .sort((a, b) => place(a.name) - place(b.name))

  function place(name) {
    const found = order.findIndex(([, each]) => each === name)
    return found === -1 ? order.length : found
  }
}

/**
 * Every export of every package: its kind, signature, description and members.
 *
 * @returns a map from the folder of a package to its entry points, each `{ name, symbols }`
 */
export function readApi(root, packages) {
  const entries = packages.flatMap(({ folder, name, exports }) =>
    Object.entries(exports)
      .filter(([, form]) => form?.import?.types !== undefined)
      .map(([path, form]) => ({
        folder,
        name: path === '.' ? name : `${name}/${path.slice(2)}`,
        file: join(root, 'packages', folder, form.import.types),
      })),
  )
  const missing = entries.filter(({ file }) => !existsSync(file))
  if (missing.length > 0) throw new Error(`${missing[0].file} is missing. Build the packages first: npm run build`)
  const program = ts.createProgram({
    rootNames: entries.map(({ file }) => file),
    options: {
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      target: ts.ScriptTarget.ES2023,
      skipLibCheck: true,
      noEmit: true,
    },
  })
  const checker = program.getTypeChecker()
  const ownerOf = ownership(root)
  const api = new Map()
  for (const { folder, name, file } of entries) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file))
    const symbols = checker
      .getExportsOfModule(module)
      .map((each) => describe(checker, each, ownerOf))
      .sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || a.name.localeCompare(b.name))
    api.set(folder, [...(api.get(folder) ?? []), { name, symbols }])
  }
  return api
}

/** From a file of declarations to the folder of the package that it belongs to. */
function ownership(root) {
  const packages = `${realpathSync(join(root, 'packages'))}/`
  return (file) => {
    const path = realpathSync(file)
    return path.startsWith(packages) ? path.slice(packages.length).split('/')[0] : undefined
  }
}

function describe(checker, exported, ownerOf) {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
  const declarations = (symbol.declarations ?? []).filter((each) => !ts.isSourceFile(each))
  const first = declarations[0]
  return {
    name: exported.getName(),
    kind: kindOf(declarations),
    owner: first === undefined ? undefined : ownerOf(first.getSourceFile().fileName),
    text: proseOf(symbol.getDocumentationComment(checker)),
    tags: tagsOf(symbol.getJsDocTags(checker)),
    signature: declarations.map(signatureOf).join('\n\n'),
    members: declarations.flatMap((each) => membersOf(checker, each)),
  }
}

function kindOf(declarations) {
  if (declarations.some(ts.isFunctionDeclaration)) return 'Functions'
  if (declarations.some(ts.isClassDeclaration)) return 'Classes'
  if (declarations.some(ts.isVariableDeclaration)) return 'Values'
  if (declarations.some(ts.isInterfaceDeclaration)) return 'Interfaces'
  return 'Types'
}

/** The declaration as it is written, without comments and the words that every declaration has. */
function signatureOf(node) {
  const whole = ts.isVariableDeclaration(node) ? `const ${bare(node)}` : bare(node)
  return whole.replace(/^(?:export )?(?:default )?(?:declare )?/, '')
}

const isHidden = (node) =>
  (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private) !== 0 ||
  (node.name !== undefined && ts.isPrivateIdentifier(node.name)) ||
  ts.getJSDocTags(node).some((tag) => tag.tagName.text === 'internal')

/** The source of a node without comments and private members. */
function bare(node) {
  const printer = ts.createPrinter({ removeComments: true })
  const shown =
    ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node)
      ? { ...node, members: ts.factory.createNodeArray(node.members.filter((each) => !isHidden(each))) }
      : node
  const print = (each) => printer.printNode(ts.EmitHint.Unspecified, each, node.getSourceFile())
  if (ts.isModuleDeclaration(node)) {
    const names = [...print(node).matchAll(/ as (\w+)/g)].map(([, name]) => name)
    return `namespace ${node.name.text} {\n  ${names.join('\n  ')}\n}`
  }
  if (shown === node) return wrap(print(node).replaceAll('    ', '  ').replace(/;$/, ''))
  const heading = print(
    ts.isClassDeclaration(node)
      ? ts.factory.updateClassDeclaration(
          node,
          node.modifiers,
          node.name,
          node.typeParameters,
          node.heritageClauses,
          [],
        )
      : ts.factory.updateInterfaceDeclaration(
          node,
          node.modifiers,
          node.name,
          node.typeParameters,
          node.heritageClauses,
          [],
        ),
  ).replace(/\s*\{\s*\}\s*$/, '')
  const members = shown.members.map((each) => `  ${print(each).replaceAll('\n', '\n  ')}`.replace(/;$/, ''))
  return [`${heading} {`, ...members.map((each) => wrap(each.replaceAll('    ', '  '))), '}'].join('\n')
}

/** A long list of parameters on lines of its own; a long union a line each. */
function wrap(text) {
  if (text.includes('\n') || text.length <= 100) return text
  const indent = /^ */.exec(text)[0]
  const open = split(text, '(')[0].length
  const close = text[open] === '(' ? matching(text, open) : -1
  if (close > open + 1 && !text.slice(0, open).includes('=>')) {
    const parameters = split(text.slice(open + 1, close), ',')
    return `${wrapTypes(text.slice(0, open + 1), indent)}\n${parameters.map((each) => `${indent}  ${each.trim()},`).join('\n')}\n${indent}${text.slice(close)}`
  }
  const union = split(text, '|')
  if (union.length > 2)
    return union.map((each, index) => (index === 0 ? each : `${indent}  | ${each.trim()}`)).join('\n')
  return text
}

/** Long type parameters in front of a list of parameters, on lines of their own too. */
function wrapTypes(text, indent) {
  const open = text.indexOf('<')
  const close = text.length <= 90 || open < 0 ? -1 : matching(text, open)
  if (close < 0) return text
  const types = split(text.slice(open + 1, close), ',')
  return `${text.slice(0, open + 1)}\n${types.map((each) => `${indent}  ${each.trim()},`).join('\n')}\n${indent}${text.slice(close)}`
}

const OPEN = '([{<'
const CLOSE = ')]}>'

function matching(text, open) {
  let depth = 0
  for (let at = open; at < text.length; at += 1) {
    if (OPEN.includes(text[at])) depth += 1
    else if (CLOSE.includes(text[at]) && text[at - 1] !== '=') depth -= 1
    if (depth === 0) return at
  }
  return -1
}

/** Splits where the separator stands outside brackets. */
function split(text, separator) {
  const parts = ['']
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    if (depth === 0 && text[at] === separator && separator === '(') return [...parts, text.slice(at + 1)]
    if (OPEN.includes(text[at])) depth += 1
    else if (CLOSE.includes(text[at]) && text[at - 1] !== '=') depth -= 1
    if (depth === 0 && text[at] === separator) parts.push('')
    else parts[parts.length - 1] += text[at]
  }
  return parts
}

function membersOf(checker, node) {
  if (!ts.isClassDeclaration(node) && !ts.isInterfaceDeclaration(node)) {
    const literal = ts.isTypeAliasDeclaration(node) && ts.isTypeLiteralNode(node.type) ? node.type.members : []
    return described(checker, literal)
  }
  return described(checker, node.members)
}

function described(checker, members) {
  return members
    .filter((each) => each.name !== undefined && !isHidden(each))
    .map((each) => {
      const symbol = checker.getSymbolAtLocation(each.name)
      return {
        name: each.name.getText(),
        text: proseOf(symbol?.getDocumentationComment(checker) ?? []),
        tags: tagsOf(symbol?.getJsDocTags(checker) ?? []),
      }
    })
    .filter(({ text, tags }, index, all) => {
      const again = all.findIndex((each) => each.name === all[index].name) !== index
      return !again && (text !== '' || tags.length > 0)
    })
}

/** A description as Markdown; a `{@link Name}` becomes the name as code. */
function proseOf(parts) {
  return ts
    .displayPartsToString(parts)
    .replace(/\{@link(?:code|plain)? ([^}|\s]+)(?:[|\s]([^}]*))?\}/g, (_all, name, label) => label || `\`${name}\``)
}

function tagsOf(tags) {
  return tags
    .filter(({ name }) => name !== 'internal' && name !== 'typeParam' && name !== 'template')
    .map(({ name, text }) => ({ name, text: proseOf(text ?? []) }))
}
