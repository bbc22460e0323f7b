import { inspect } from 'node:util'
import { encode, type Term } from '@dynsrv/etf'

/** A value that can travel: itself, or its text when it has no encoding, such as an object with methods. */
export function presentable(value: unknown): Term {
  try {
    encode(value as Term)
    return value as Term
  } catch {
    return inspect(value, { depth: 3 })
  }
}
