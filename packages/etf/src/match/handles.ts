import { optional, type Rule, text, whole } from '@dynsrv/kit'
import { checks } from '../checks.ts'
import { MISS } from '../read/direct-read.ts'
import { BitString, ExternalFun, Fun, type Term } from '../term.ts'
import { bytesIn } from './chardata.ts'
import { directly, UNSURE } from './direct.ts'
import { readBytes } from './direct-leaves.ts'
import { leaf, Matcher, type MatchResult, matcherRule } from './matcher.ts'

declare const OPAQUE: unique symbol

/** A value whose inside is the business of the module that made it: it can be kept and given back. */
export type Opaque<Name extends string> = { readonly [OPAQUE]: Name }

/** See `t.opaque`. */
export function opaque<const N extends string>(name: N, inside: Matcher<unknown>): Matcher<Opaque<N>> {
  checks.argument('t.opaque', 'name', text, name)
  checks.argument('t.opaque', 'inside', matcherRule, inside)
  const check = (value: unknown, path: string): MatchResult<Opaque<N>> => {
    const result = inside.match(value as Term, path)
    return result.ok ? { ok: true, value: value as Opaque<N> } : result
  }
  return new Matcher(name, check, check as (value: unknown, path: string) => MatchResult<Term>)
}

const bitsRule: Rule = optional(whole())

function checkSize(owner: string, size: unknown, unit: unknown): void {
  checks.argument(owner, 'size', bitsRule, size)
  checks.argument(owner, 'unit', bitsRule, unit)
}

/** Whether a number of bits is `size` and any number of times `unit` more. */
function isSized(bits: number, size: number, unit: number): boolean {
  return unit === 0 ? bits === size : bits >= size && (bits - size) % unit === 0
}

/** See `t.bytes`. */
export function bytes(size = 0, unit = 8): Matcher<Uint8Array> {
  checkSize('t.bytes', size, unit)
  const shape = leaf('a binary', (term) => {
    const all = bytesIn(term)
    return all !== undefined && isSized(all.length * 8, size, unit) ? { value: all } : undefined
  })
  return directly(shape, (reader) => {
    const value = readBytes(reader)
    return value === UNSURE || isSized(value.length * 8, size, unit) ? value : MISS
  })
}

/** See `t.bits`. */
export function bits(size = 0, unit = 1): Matcher<Uint8Array | BitString> {
  checkSize('t.bits', size, unit)
  return leaf<Uint8Array | BitString>('a bit string', (term) => {
    const all = term instanceof BitString ? term : bytesIn(term)
    if (all === undefined) return undefined
    return isSized(all instanceof BitString ? all.bitLength : all.length * 8, size, unit) ? { value: all } : undefined
  })
}

const arityRule: Rule = optional(whole(0, 255))

/** See `t.fun`. */
export function fun(arity?: number): Matcher<Fun | ExternalFun> {
  checks.argument('t.fun', 'arity', arityRule, arity)
  return leaf<Fun | ExternalFun>(arity === undefined ? 'a function' : `a function of ${arity}`, (term) => {
    const isFun = term instanceof Fun || term instanceof ExternalFun
    return isFun && (arity === undefined || term.arity === arity) ? { value: term } : undefined
  })
}
