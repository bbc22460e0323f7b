import { z } from 'zod'
import { STRATEGIES } from './strategies.ts'

const milliseconds = z.number().int().min(1).max(2_147_483_647)
const port = z.number().int().min(0).max(65_535)
const text = z.string().min(1)

const topology = z
  .looseObject({
    strategy: z
      .enum([...STRATEGIES.keys()])
      .default('dynamicSrv')
      .meta({ description: 'Where the members come from.' }),
    service: text.optional().meta({ description: 'For dynamicSrv: the DNS name that holds the SRV records.' }),
    pollingInterval: milliseconds.optional().meta({ description: 'Time between two polls, in milliseconds.' }),
  })
  .meta({ description: "A set of members: the strategy's name, and its own options (docs/membership.md)." })

/** What a configuration file may hold; every part is optional, and missing ones come from the environment. */
export const configSchema = z
  .strictObject({
    $schema: z.string().optional().meta({ description: 'The schema of this file, for editors.' }),
    name: text.optional().meta({ description: "The node's name, alive@host with a long host; default RELEASE_NODE." }),
    cookieFile: text.optional().meta({
      description: 'A file that holds the cookie, relative to this one; default RELEASE_COOKIE, then ~/.erlang.cookie.',
    }),
    service: text.optional().meta({ description: 'The SRV name of the members: short for one topology.' }),
    topologies: z
      .record(text, topology)
      .optional()
      .meta({ description: 'Several sets of members, by a name of your choice.' }),
    pollingInterval: milliseconds.optional().meta({ description: 'Time between two polls of service; default 5000.' }),
    dns: z
      .union([text, z.array(text).min(1)])
      .optional()
      .meta({ description: 'DNS servers as host:port; default those of /etc/resolv.conf.' }),
    port: port.optional().meta({ description: 'The distribution port, 0 for any free one; default ERL_DIST_PORT.' }),
    host: text.optional().meta({ description: 'The address to listen on; default all.' }),
    hidden: z.boolean().optional().meta({ description: 'Whether BEAM nodes leave us out of nodes(); default true.' }),
    preventOverlappingPartitions: z
      .boolean()
      .optional()
      .meta({ description: 'As prevent_overlapping_partitions, for a visible node; default true.' }),
    netTickTimeMs: milliseconds.optional().meta({ description: 'How long a peer may stay silent; default 60000.' }),
    netTickIntensity: z
      .number()
      .int()
      .min(4)
      .max(1000)
      .optional()
      .meta({ description: 'As net_tickintensity; default 4.' }),
    tls: z
      .strictObject({
        certFile: text.meta({ description: 'Our certificate, PEM.' }),
        keyFile: text.meta({ description: 'Its key, PEM.' }),
        caFile: text.optional().meta({ description: 'Certificates that sign those of the peers, PEM.' }),
        requireClientCertificate: z
          .boolean()
          .default(true)
          .meta({ description: 'Whether who dials us must show one.' }),
      })
      .optional()
      .meta({ description: 'TLS for the links, as -proto_dist inet_tls. Files are relative to this one.' }),
    http: text.optional().meta({ description: 'Where `dynsrv up` serves HTTP, host:port; default 127.0.0.1:9464.' }),
    page: z.boolean().optional().meta({ description: 'Whether `dynsrv up` serves the live page; default false.' }),
    minPeers: z
      .number()
      .int()
      .min(0)
      .optional()
      .meta({ description: 'Peers before /readyz of `dynsrv up` says yes; default 0.' }),
  })
  .meta({ title: 'dynsrv', description: 'A node of dynsrv in a cluster of Erlang and Elixir nodes.' })

/** A configuration file, as JSON holds it. */
export type DynsrvConfig = z.input<typeof configSchema>
