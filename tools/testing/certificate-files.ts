import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A certificate of a fresh authority, as files that are gone with the scope. */
export interface CertificateFiles extends Disposable {
  readonly cert: string
  readonly key: string
  readonly ca: string
  /** For `-ssl_dist_optfile`: the node asks for no certificate of ours. */
  readonly optionFile: string
}

/** Makes one with openssl. */
export function certificateFiles({
  names,
  usages = 'serverAuth,clientAuth',
  days = 30,
}: {
  /** `DNS:my-service.test,IP:127.0.0.1` */
  readonly names: string
  readonly usages?: string
  readonly days?: number
}): CertificateFiles {
  const folder = mkdtempSync(join(tmpdir(), 'dynsrv-doctor-tls-'))
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '60', '-subj', '/CN=test authority')
  openssl('req', ...key, '-keyout', 'node.key', '-out', 'node.csr', '-subj', '/CN=node')
  writeFileSync(join(folder, 'ext'), `subjectAltName=${names}\nextendedKeyUsage=${usages}\n`)
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', String(days), '-extfile', 'ext']
  openssl('x509', '-req', '-in', 'node.csr', '-out', 'node.pem', ...signed)
  const file = (name: string) => join(folder, name)
  const common = `{certfile,"${file('node.pem')}"},{keyfile,"${file('node.key')}"},{cacertfile,"${file('ca.pem')}"}`
  writeFileSync(file('ssl.conf'), `[{server,[${common}]},{client,[${common},{verify,verify_none}]}].\n`)
  return {
    cert: file('node.pem'),
    key: file('node.key'),
    ca: file('ca.pem'),
    optionFile: file('ssl.conf'),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
