import type { Check } from './check.ts'
import { GROUPS } from './check.ts'
import { COMPOSE_CHECKS } from './checks/compose.ts'
import { DNS_SERVER_CHECKS } from './checks/dns-server.ts'
import { ENVIRONMENT_CHECKS } from './checks/environment.ts'
import { GOSSIP_CHECKS } from './checks/gossip.ts'
import { HANDSHAKE_CHECKS } from './checks/handshake.ts'
import { LOOKUP_CHECKS } from './checks/lookup.ts'
import { MEMBERSHIP_CHECKS } from './checks/membership.ts'
import { MESH_CHECKS } from './checks/mesh.ts'
import { OWN_NAME_CHECKS } from './checks/own-name.ts'
import { PORT_CHECKS } from './checks/port.ts'
import { RUNTIME_CHECKS } from './checks/runtime.ts'
import { SRV_ANSWER_CHECKS } from './checks/srv-answers.ts'
import { SRV_RECORD_CHECKS } from './checks/srv-records.ts'
import { TLS_CHECKS } from './checks/tls.ts'
import type { DoctorOptions } from './context.ts'

const ALL = [
  ...COMPOSE_CHECKS,
  ...OWN_NAME_CHECKS,
  ...RUNTIME_CHECKS,
  ...ENVIRONMENT_CHECKS,
  ...DNS_SERVER_CHECKS,
  ...SRV_RECORD_CHECKS,
  ...SRV_ANSWER_CHECKS,
  ...LOOKUP_CHECKS,
  ...PORT_CHECKS,
  ...TLS_CHECKS,
  ...HANDSHAKE_CHECKS,
  ...MEMBERSHIP_CHECKS,
  ...GOSSIP_CHECKS,
  ...MESH_CHECKS,
]

const GROUP_ORDER = Object.keys(GROUPS)

/** Every check, causes before consequences. */
export const CHECKS: readonly Check[] = ALL.toSorted(
  (a, b) => GROUP_ORDER.indexOf(a.group) - GROUP_ORDER.indexOf(b.group),
)

/** The checks that these options ask for: a Compose file alone needs no network, and no file needs no lessons. */
export function checksFor({ compose, services, peers }: DoctorOptions): readonly Check[] {
  if (compose === undefined) return CHECKS.filter(({ group }) => group !== 'compose')
  return services.length + peers.length > 0 ? CHECKS : CHECKS.filter(({ group }) => group === 'compose')
}
