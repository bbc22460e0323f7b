import { optional, type Rule, rule } from '@dynsrv/kit'
import { checks } from '../checks.ts'
import { Float, type Term } from '../term.ts'
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

/** See `t.range`. */
export function range(min: Bound = null, max: Bound = null): Matcher<number> {
  checkBounds('t.range', min, max)
  return leaf(inWords(min, max), (term) =>
    typeof term === 'number' && Number.isSafeInteger(term) && within(term, min, max) ? { value: term } : undefined,
  )
}

/** See `t.integer`. */
export function integer(min: Bound = null, max: Bound = null): Matcher<number | bigint> {
  checkBounds('t.integer', min, max)
  return leaf(inWords(min, max), (term) => (isInteger(term) && within(term, min, max) ? { value: term } : undefined))
}

/** See `t.float`. */
export function float(): Matcher<number> {
  return leaf(
    'a float',
    (term) => {
      if (term instanceof Float) return { value: term.value }
      return typeof term === 'number' && Number.isFinite(term) ? { value: term } : undefined
    },
    (value): Term => (typeof value === 'number' && Number.isInteger(value) ? new Float(value) : (value as Term)),
  )
}
