import { type Check, GROUPS } from './check.ts'
import { ALL_CHECKS } from './checks/all.ts'
import type { DoctorOptions } from './context.ts'

const GROUP_ORDER = Object.keys(GROUPS)

/** Every check, causes before consequences. */
export const CHECKS: readonly Check[] = ALL_CHECKS.toSorted(
  (a, b) => GROUP_ORDER.indexOf(a.group) - GROUP_ORDER.indexOf(b.group) || byPlace(a, b),
)

function byPlace(a: Check, b: Check): number {
  return a.place === b.place ? 0 : a.place - b.place
}

/** The checks that these options ask for: a Compose file alone needs no network, and no file needs no lessons. */
export function checksFor({ compose, services, peers }: DoctorOptions): readonly Check[] {
  if (compose === undefined) return CHECKS.filter(({ group }) => group !== 'compose')
  return services.length + peers.length > 0 ? CHECKS : CHECKS.filter(({ group }) => group === 'compose')
}
