import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from './temporary-folder.ts'

/** A certificate with its key, and who signed it: as PEM texts and as files. */
export interface Certificate {
  readonly cert: string
  readonly key: string
  readonly ca: string
  readonly folder: string
}

/**
 * A fresh authority and a certificate of it that is good for both roles. Needs the openssl program.
 *
 * @param host besides 127.0.0.1, for nodes that are named so
 */
export function makeCertificate(host = 'localhost'): Certificate {
  const folder = temporaryFolder('tls')
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  }
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=test authority')
  openssl('req', ...key, '-keyout', 'node.key', '-out', 'node.csr', '-subj', '/CN=127.0.0.1')
  writeFileSync(
    join(folder, 'ext'),
    `subjectAltName=IP:127.0.0.1,DNS:127.0.0.1,DNS:${host}\nextendedKeyUsage=serverAuth,clientAuth\n`,
  )
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'ext']
  openssl('x509', '-req', '-in', 'node.csr', '-out', 'node.pem', ...signed)
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
  return { cert: read('node.pem'), key: read('node.key'), ca: read('ca.pem'), folder }
}

/** The flags with which an Erlang node distributes over TLS in both roles, and asks others for a certificate of the same authority. */
export function tlsDistArgs({ folder }: Certificate, version?: 'tlsv1.2' | 'tlsv1.3'): string[] {
  const file = (name: string): string => JSON.stringify(join(folder, name))
  const versions = version === undefined ? '' : `,{versions,['${version}']}`
  const common = `{certfile,${file('node.pem')}},{keyfile,${file('node.key')}},{cacertfile,${file('ca.pem')}}${versions}`
  const options = join(folder, `ssl-${version ?? 'any'}.conf`)
  writeFileSync(
    options,
    `[{server,[${common},{verify,verify_peer},{fail_if_no_peer_cert,true}]},{client,[${common},{verify,verify_peer}]}].\n`,
  )
  return ['-proto_dist', 'inet_tls', '-ssl_dist_optfile', options]
}
