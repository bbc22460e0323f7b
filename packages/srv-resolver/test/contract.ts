import { describe, it } from 'vitest'
import { type ResolverAbilities, type ResolverSubject, resolverContract, testContract } from '../src/contract.ts'

/** Runs the contract of resolvers, as a user's own test does. */
export function itIsAResolver(
  name: string,
  start: () => Promise<ResolverSubject>,
  abilities?: ResolverAbilities,
): void {
  describe(`${name} as a resolver`, () => testContract(it, resolverContract(start, abilities)))
}
