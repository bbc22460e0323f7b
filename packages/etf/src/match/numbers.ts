import { optional, type Rule, rule } from '@dynsrv/kit'
import { checks } from '../checks.ts'
import { MISS } from '../read/direct-read.ts'
import { Float, type Term } from '../term.ts'
import { directNumber, type PartlyDirect, UNSURE } from './direct.ts'
import { readInteger, readNumber } from './direct-leaves.ts'
import { leaf, type Matcher } from './matcher.ts'

type Bound = number | bigint | null

const boundRule: Rule = optional(
  rule('a whole number, a bigint or null', (value) => value === null || isInteger(value)),
)

function isInteger(value: unknown): value is number | bigint {
  return typeof value === 'bigint' || Number.isInteger(value)
}

function within(value: number | bigint, min: Bound, max: Bound): boolean {
  return (min === null || value >= min) && (max === null || value <= max)
}

function inWords(min: Bound, max: Bound): string {
  if (min === null) return max === null ? 'an integer' : `an integer of at most ${max}`
  return max === null ? `an integer of at least ${min}` : `an integer from ${min} to ${max}`
}

function checkBounds(owner: string, min: unknown, max: unknown): void {
  checks.argument(owner, 'min', boundRule, min)
  checks.argument(owner, 'max', boundRule, max)
}

export function isSafeInteger(term: Term): term is number {
  return typeof term === 'number' && Number.isSafeInteger(term)
}

export function isFiniteNumber(term: Term): term is number {
  return typeof term === 'number' && Number.isFinite(term)
}

/** See `t.range`. */
export function range(min: Bound = null, max: Bound = null): Matcher<number> {
  checkBounds('t.range', min, max)
  const isValue = (term: Term): term is number => isSafeInteger(term) && within(term, min, max)
  const shape = leaf(inWords(min, max), (term) => (isValue(term) ? { value: term } : undefined))
  return directNumber(shape, bounded(min, max), isValue)
}

/** See `t.integer`. */
export function integer(min: Bound = null, max: Bound = null): Matcher<number | bigint> {
  checkBounds('t.integer', min, max)
  const isValue = (term: Term): term is number | bigint => isInteger(term) && within(term, min, max)
  const shape = leaf(inWords(min, max), (term) => (isValue(term) ? { value: term } : undefined))
  return directNumber(shape, bounded(min, max), isValue)
}

function bounded(min: Bound, max: Bound): PartlyDirect {
  return (reader) => {
    const value = readInteger(reader)
    return value === UNSURE || within(value, min, max) ? value : MISS
  }
}

/** See `t.float`. */
export function float(): Matcher<number> {
  const shape = leaf(
    'a float',
    (term) => {
      if (term instanceof Float) return { value: term.value }
      return isFiniteNumber(term) ? { value: term } : undefined
    },
    (value): Term => (typeof value === 'number' && Number.isInteger(value) ? new Float(value) : (value as Term)),
  )
  return directNumber(shape, readNumber, isFiniteNumber)
}
