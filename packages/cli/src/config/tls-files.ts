import type { StartOptions } from '@dynsrv/cluster'
import type { TlsFiles } from '@dynsrv/doctor'

/**
 * What the TLS options of a node hold, as PEM.
 *
 * @throws what reading them throws
 */
export function tlsFiles(tls: NonNullable<StartOptions['tls']>): TlsFiles {
  const { ca, cert, key } = typeof tls === 'function' ? tls() : tls
  const text = (name: string, value: unknown) =>
    typeof value === 'string' || Buffer.isBuffer(value) ? { [name]: value.toString() } : {}
  return { ...text('ca', ca), ...text('cert', cert), ...text('key', key) }
}
