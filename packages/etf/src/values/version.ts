import { type Rule, rule, whole } from '@dynsrv/kit'
import { checkParts, checks } from '../checks.ts'
import type { Term, TermObject } from '../term.ts'
import { type Json, TERM_JSON } from '../text/json.ts'
import { NODE_INSPECT } from '../text/term-text.ts'
import { type Piece, TERM_PIECES } from '../text/text-pieces.ts'
import { TO_TERM } from './has-term.ts'
import { structObject } from './struct-object.ts'

const TEXT = /^(\d{1,15})\.(\d{1,15})\.(\d{1,15})(?:-([\w.-]+))?(?:\+([\w.-]+))?$/
const versionText: Rule = rule("a text such as '1.2.3-rc.1'", (value) => typeof value === 'string' && TEXT.test(value))
const preRule: Rule = rule('an array of texts and whole numbers', (value) => Array.isArray(value) && isPre(value))
const buildRule: Rule = rule('a string or null', (value) => value === null || typeof value === 'string')

function isPre(list: readonly unknown[]): list is readonly (string | number)[] {
  return Array.from(list).every(
    (part) => typeof part === 'string' || (Number.isSafeInteger(part) && (part as number) >= 0),
  )
}

/** Elixir's `Version`: one of Semantic Versioning. */
export class Version {
  readonly major: number
  readonly minor: number
  readonly patch: number
  /** What stands behind the `-`, cut at its dots. */
  readonly pre: readonly (string | number)[]
  /** What stands behind the `+`. */
  readonly build: string | null

  /** @throws {EtfError} `ETF_BAD_OPTION` */
  constructor(
    major: number,
    minor: number,
    patch: number,
    pre: readonly (string | number)[] = [],
    build: string | null = null,
  ) {
    checkParts('Version', [
      ['major', whole(), major],
      ['minor', whole(), minor],
      ['patch', whole(), patch],
      ['pre', preRule, pre],
      ['build', buildRule, build],
    ])
    this.major = major
    this.minor = minor
    this.patch = patch
    this.pre = pre
    this.build = build
  }

  /** The version of a text such as `1.2.3-rc.1`. @throws {EtfError} `ETF_BAD_OPTION` */
  static from(text: string): Version {
    checks.argument('Version.from', 'text', versionText, text)
    const [, major, minor, patch, pre = '', build = null] = TEXT.exec(text)!
    const parts = pre === '' ? [] : pre.split('.').map((part) => (/^\d{1,15}$/.test(part) ? Number(part) : part))
    return new Version(Number(major), Number(minor), Number(patch), parts, build)
  }

  /** `1.2.3-rc.1+build` */
  toString(): string {
    const { major, minor, patch, pre, build } = this
    return `${major}.${minor}.${patch}${pre.length > 0 ? `-${pre.join('.')}` : ''}${build === null ? '' : `+${build}`}`
  }

  toJSON(): string {
    return this.toString()
  }

  [TERM_JSON](): Json {
    return this.toString()
  }

  [TO_TERM](): TermObject {
    const { major, minor, patch, pre, build } = this
    return structObject('Version', { major, minor, patch, pre, build })
  }

  [TERM_PIECES](): readonly Piece[] {
    return [{ text: this[NODE_INSPECT]() }]
  }

  [NODE_INSPECT](): string {
    return `#Version<${this}>`
  }
}

export function readVersion(fields: TermObject): Version | undefined {
  const { major, minor, patch, pre, build } = fields
  const isNumbered = [major, minor, patch].every((part: Term) => Number.isSafeInteger(part) && (part as number) >= 0)
  if (!isNumbered || Object.keys(fields).length !== 6 || !Array.isArray(pre) || !isPre(pre)) return undefined
  if (build !== null && typeof build !== 'string') return undefined
  return new Version(major as number, minor as number, patch as number, pre, build)
}
