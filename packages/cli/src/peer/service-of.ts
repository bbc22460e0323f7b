import { isIP } from 'node:net'
import { hostOf } from '@dynsrv/doctor'

/** The service of a node by its own name: the members of `api-1@my-service.test` are those of `my-service.test`. */
export function serviceOf(name: string): string | undefined {
  const host = hostOf(name)
  return name.includes('@') && host.includes('.') && isIP(host) === 0 ? host : undefined
}
