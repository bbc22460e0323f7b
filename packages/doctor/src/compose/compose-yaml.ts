import { messageOf } from '@dynsrv/kit'
import type { Document, Node, Pair, Scalar } from 'yaml'

/** A mapping of the file. */
export type Fields = Readonly<Record<string, unknown>>

/** The keys that lead to a value. */
export type Path = readonly string[]

/** One document of a Compose file. */
export interface ComposeDocument {
  readonly fields: Fields
  /** Where `!reset` takes something away. */
  readonly resets: readonly Path[]
  /** Where `!override` puts something in the place of all that was before. */
  readonly overrides: readonly Path[]
}

/** A file of nested aliases must not fill the memory. */
const MAX_ALIASES = 1_000

/**
 * Reads the YAML of a Compose file, which may hold several documents: later ones override the ones before.
 *
 * @throws {Error} when it is not YAML, with line and column
 */
export async function readComposeYaml(text: string): Promise<ComposeDocument[]> {
  // The YAML library is loaded only when there is a file to read.
  const { isCollection, isScalar, parseAllDocuments, visit } = await import('yaml')
  const documents = parseAllDocuments(text, { merge: true, intAsBigInt: true, logLevel: 'silent' })
  const textOf = (key: unknown) => String(isScalar(key) ? key.value : key)
  return [...documents].map((document) => {
    const [broken] = document.errors
    // What stands behind a colon is text of the file, which may be a secret.
    if (broken !== undefined)
      throw new Error(broken.message.replace(/^(.*?)(?:: .*)?( at line \d+, column \d+).*$/s, '$1$2'))
    const tagged: Record<string, Path[]> = { '!reset': [], '!override': [] }
    visit(document, {
      Node: (key, node: Node, ancestors) => {
        if (key === 'key' || !(isScalar(node) || isCollection(node))) return
        if (isScalar(node)) asGoHasIt(node)
        tagged[node.tag ?? '']?.push(ancestors.flatMap((one) => ('key' in one ? [textOf((one as Pair).key)] : [])))
      },
    })
    const fields = fieldsOf(valuesOf(document))
    return { fields, resets: tagged['!reset']!, overrides: tagged['!override']! }
  })
}

/** @throws {Error} for an alias without its anchor, which is not named: an unquoted secret may begin with `*` */
function valuesOf(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES })
  } catch (error) {
    throw new Error(
      messageOf(error).replace(/^(Unresolved alias).*$/s, '$1: put a text that begins with * into quotation marks'),
    )
  }
}

/** Compose's YAML still has the octal numbers and the underscores of YAML 1.1. */
function asGoHasIt(node: Scalar): void {
  const { source = '', type } = node
  if (typeof node.value === 'bigint')
    node.value = /^[-+]?0[0-7]+$/.test(source) ? Number.parseInt(source, 8) : wholeNumber(node.value)
  else if (type === 'PLAIN' && /^[-+]?[1-9]\d*(?:_\d+)+$/.test(source))
    node.value = wholeNumber(BigInt(source.replaceAll('_', '')))
}

/** A number that JSON has too; its digits where a number would lose some, for it may be a cookie. */
function wholeNumber(value: bigint): number | string {
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
}

/** The entries of a mapping; none for anything else. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}
