// Given to `node --import`, lets a release that cannot run TypeScript do what newer ones do: it takes the types away.
import { readFile } from 'node:fs/promises'
import { register } from 'node:module'
import { isMainThread } from 'node:worker_threads'
import ts from 'typescript'

if (isMainThread && !process.features.typescript) register(import.meta.url)

/** A hook of the loader, which runs in a thread of its own. */
export async function load(url, context, next) {
  if (!/\.m?ts$/.test(url)) return next(url, context)
  const { outputText } = ts.transpileModule(await readFile(new URL(url), 'utf8'), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true },
  })
  return { format: 'module', source: outputText, shortCircuit: true }
}
