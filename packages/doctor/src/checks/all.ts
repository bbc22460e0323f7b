// Made by `npm run generate` from the files of this folder.
import type { Check } from '../check.ts'
import { C01 } from './c01-compose-file.ts'
import { C02 } from './c02-networks.ts'
import { C03 } from './c03-hostnames.ts'
import { C04 } from './c04-node-names.ts'
import { C05 } from './c05-distribution.ts'
import { C06 } from './c06-duplicates.ts'
import { C07 } from './c07-cookies.ts'
import { C08 } from './c08-literal-cookies.ts'
import { C09 } from './c09-compose-reading.ts'
import { C10 } from './c10-shell-hostname.ts'
import { C11 } from './c11-network-modes.ts'
import { C12 } from './c12-loopback-names.ts'
import { C13 } from './c13-dns-cluster.ts'
import { C14 } from './c14-who-dials.ts'
import { C15 } from './c15-cut-commands.ts'
import { C16 } from './c16-told-names.ts'
import { D01 } from './d01-docker-network.ts'
import { D02 } from './d02-foreign-addresses.ts'
import { D03 } from './d03-random-host.ts'
import { D04 } from './d04-host-addresses.ts'
import { D05 } from './d05-peer-names.ts'
import { D06 } from './d06-connect-all.ts'
import { D07 } from './d07-cookie.ts'
import { D08 } from './d08-cookie-strength.ts'
import { D09 } from './d09-running-name.ts'
import { D10 } from './d10-short-and-long.ts'
import { D11 } from './d11-dotless-host.ts'
import { D12 } from './d12-name-case.ts'
import { D13 } from './d13-name-grammar.ts'
import { D14 } from './d14-duplicate-names.ts'
import { D15 } from './d15-creations.ts'
import { D16 } from './d16-flags.ts'
import { D17 } from './d17-foreign-protocol.ts'
import { D18 } from './d18-tls-mismatch.ts'
import { D19 } from './d19-certificates.ts'
import { D20 } from './d20-port.ts'
import { D21 } from './d21-loopback.ts'
import { D22 } from './d22-families.ts'
import { D23 } from './d23-epmd.ts'
import { D24 } from './d24-distribution-port.ts'
import { D25 } from './d25-ignored-targets.ts'
import { D26 } from './d26-foreign-targets.ts'
import { D27 } from './d27-tags.ts'
import { D28 } from './d28-trimmed-answers.ts'
import { D29 } from './d29-rotating-answers.ts'
import { D30 } from './d30-long-ttl.ts'
import { D31 } from './d31-zero-ttl.ts'
import { D32 } from './d32-negative-cache.ts'
import { D33 } from './d33-own-record.ts'
import { D34 } from './d34-cluster-domain.ts'
import { D35 } from './d35-discovery.ts'
import { D36 } from './d36-mesh.ts'
import { D37 } from './d37-global.ts'
import { D38 } from './d38-leavers.ts'
import { D39 } from './d39-tick-times.ts'
import { D40 } from './d40-event-loop.ts'
import { D41 } from './d41-large-messages.ts'
import { D42 } from './d42-dns-server.ts'
import { D43 } from './d43-gossip.ts'
import { D44 } from './d44-settings.ts'
import { D45 } from './d45-searched-targets.ts'
import { D46 } from './d46-search-list.ts'
import { D47 } from './d47-unusable-records.ts'

/** Every check, in no order. */
export const ALL_CHECKS: readonly Check[] = [
  C01,
  C02,
  C03,
  C04,
  C05,
  C06,
  C07,
  C08,
  C09,
  C10,
  C11,
  C12,
  C13,
  C14,
  C15,
  C16,
  D01,
  D02,
  D03,
  D04,
  D05,
  D06,
  D07,
  D08,
  D09,
  D10,
  D11,
  D12,
  D13,
  D14,
  D15,
  D16,
  D17,
  D18,
  D19,
  D20,
  D21,
  D22,
  D23,
  D24,
  D25,
  D26,
  D27,
  D28,
  D29,
  D30,
  D31,
  D32,
  D33,
  D34,
  D35,
  D36,
  D37,
  D38,
  D39,
  D40,
  D41,
  D42,
  D43,
  D44,
  D45,
  D46,
  D47,
]
