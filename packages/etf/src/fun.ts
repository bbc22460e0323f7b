import type { Atom } from './atom.ts'
import { quoteAtom, quoteElixirAtom } from './text/quote.ts'
import { NODE_INSPECT, textForNode } from './text/term-text.ts'
import { type Piece, TERM_PIECES, type TermSyntax } from './text/text-pieces.ts'

/**
 * A closure of another node: it cannot be called here, but it can be kept and sent back unchanged.
 */
export class Fun {
  readonly module: Atom
  readonly arity: number
  /** Its number among the funs of the module. */
  readonly index: number
  /** Tells one version of the module's code from another. */
  readonly uniq: number
  /** The whole encoding with its tag, byte for byte as it came, but for atoms that stood in a distribution header. */
  readonly bytes: Uint8Array

  constructor(module: Atom, arity: number, index: number, uniq: number, bytes: Uint8Array) {
    this.module = module
    this.arity = arity
    this.index = index
    this.uniq = uniq
    this.bytes = bytes
  }

  toString(): string {
    return `#Fun<${this.module.name}.${this.index}.${this.uniq}>`
  }

  [TERM_PIECES](syntax: TermSyntax): readonly Piece[] {
    const name = `${this.index}.${this.uniq}`
    if (syntax === 'erlang') return [{ text: this.toString() }]
    return [{ text: `#Function<${name} in ${quoteElixirAtom(this.module.name)}>` }]
  }

  [NODE_INSPECT](): string {
    return this.toString()
  }
}

/** A function by name, `fun module:function/arity`. */
export class ExternalFun {
  readonly module: Atom
  readonly function: Atom
  /** 0 to 255. */
  readonly arity: number

  constructor(module: Atom, functionName: Atom, arity: number) {
    this.module = module
    this.function = functionName
    this.arity = arity
  }

  [TERM_PIECES](syntax: TermSyntax): readonly Piece[] {
    const { module, function: name, arity } = this
    if (syntax === 'erlang') return [{ text: `fun ${quoteAtom(module.name)}:${quoteAtom(name.name)}/${arity}` }]
    return [{ text: `&${quoteElixirAtom(module.name)}.${quoteElixirAtom(name.name).replace(/^:/, '')}/${arity}` }]
  }

  [NODE_INSPECT](): string {
    return textForNode(this)
  }
}
