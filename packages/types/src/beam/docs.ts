import { type Term, t } from '@dynsrv/etf'
import { items, nameOf, parts } from '../read/form.ts'
import type { BeamFile } from './beam-file.ts'

/** What is written about one function or type. */
export interface Doc {
  /** Markdown; undefined for none. */
  readonly text: string | undefined
  /** How it is called, such as `reserve(item, count)`. */
  readonly signature: string | undefined
  /** What to use in its place. */
  readonly deprecated: string | undefined
}

/** What is written about a module. */
export interface ModuleDocs {
  readonly text: string | undefined
  /** By `function/name/arity` and `type/name/arity`. */
  readonly entries: ReadonlyMap<string, Doc>
}

const NONE: ModuleDocs = { text: undefined, entries: new Map() }

/** The docs of a module from its chunk. @see EEP 48 */
export function docsOf(beam: BeamFile): ModuleDocs {
  return beam.has('Docs') ? readDocs(beam.term('Docs')) : NONE
}

/** The docs of a term of EEP 48. */
export function readDocs(term: Term): ModuleDocs {
  const [version, , , , moduleDoc, , entries] = parts(term)
  if (nameOf(version) !== 'docs_v1') return NONE
  const read = new Map<string, Doc>()
  for (const entry of items(entries)) {
    const [id, , signatures, doc, meta] = parts(entry)
    const [kind, name, arity] = parts(id)
    read.set(`${nameOf(kind)}/${nameOf(name)}/${String(arity)}`, {
      text: docText(doc),
      signature: textOf(items(signatures)[0]),
      deprecated: textOf(entryOf(meta, 'deprecated')),
    })
  }
  return { text: docText(moduleDoc), entries: read }
}

function textOf(term: Term): string | undefined {
  const result = TEXT.match(term)
  return result.ok ? result.value : undefined
}

const TEXT = t.text()

function entryOf(map: Term, name: string): Term {
  if (!(map instanceof Map)) return undefined
  for (const [key, value] of map as ReadonlyMap<Term, Term>) {
    if (nameOf(key) === name || textOf(key) === name) return value
  }
  return undefined
}

/** English, or the first language that there is. */
function docText(doc: Term): string | undefined {
  if (!(doc instanceof Map)) return undefined
  const chosen = entryOf(doc, 'en') ?? [...(doc as ReadonlyMap<Term, Term>).values()][0]
  const text = textOf(chosen) ?? (Array.isArray(chosen) ? marked(chosen as Term[]).trim() : undefined)
  return text === '' ? undefined : text
}

const BLOCKS = new Set(['p', 'div', 'ul', 'ol', 'dl', 'pre', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6'])
/** What nests deeper is left out. */
const MOST_DEPTH = 100

/** `application/erlang+html`, which OTP made until release 26, as text. */
function marked(nodes: Term, depth = 0): string {
  if (depth > MOST_DEPTH) return ''
  const text = textOf(nodes)
  if (text !== undefined) return text
  if (Array.isArray(nodes)) return nodes.map((node) => marked(node as Term, depth + 1)).join('')
  const [tag, , inside] = parts(nodes)
  const name = nameOf(tag) ?? ''
  const content = marked(inside, depth + 1)
  if (name === 'code') return `\`${content}\``
  if (name === 'br') return '\n'
  if (name === 'li' || name === 'dt') return `- ${content.trim()}\n`
  return BLOCKS.has(name) ? `${content.trim()}\n\n` : content
}
