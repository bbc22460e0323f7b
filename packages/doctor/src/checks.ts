import { type Check, GROUPS } from './check.ts'
import { ALL_CHECKS } from './checks/all.ts'
import { checkOptions, type DoctorOptions } from './context.ts'

const GROUP_ORDER = Object.keys(GROUPS)

/** Every check, causes before consequences. */
export const CHECKS: readonly Check[] = ALL_CHECKS.toSorted(
  (a, b) => GROUP_ORDER.indexOf(a.group) - GROUP_ORDER.indexOf(b.group) || byPlace(a, b),
)

function byPlace(a: Check, b: Check): number {
  return a.place === b.place ? 0 : a.place - b.place
}

const checkWanted = checkOptions('checksFor')

/**
 * The checks for these options: those of a Compose file when one is given; all others unless only such a file is given.
 *
 * @throws {DynsrvError} `DYNSRV_BAD_OPTION`
 */
export function checksFor(options: Partial<DoctorOptions>): readonly Check[] {
  checkWanted(options)
  const { compose = [], services = [], peers = [] } = options
  if (compose.length === 0) return CHECKS.filter(({ group }) => group !== 'compose')
  return services.length + peers.length > 0 ? CHECKS : CHECKS.filter(({ group }) => group === 'compose')
}
