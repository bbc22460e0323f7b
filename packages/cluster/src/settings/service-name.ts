import { isIP } from 'node:net'
import { text as anyText, withoutFinalDot } from '@dynsrv/kit'
import { checks, quoted } from '../checks.ts'
import { DynsrvError } from '../error.ts'

const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i
const MAX_NAME_LENGTH = 253

/**
 * Checks a service's DNS name and returns it without its trailing dot.
 *
 * It is the host part of every member (`label@service`), so it needs a dot: a long node name has one.
 *
 * @throws {DynsrvError} `DYNSRV_SERVICE_INVALID`
 * @see RFC 1035 §2.3.4 for the lengths, RFC 2782 for the underscores
 */
export function serviceName(text: string): string {
  checks.argument('serviceName', 'text', anyText, text)
  const name = withoutFinalDot(text)
  const wrong = (what: string) => new DynsrvError('DYNSRV_SERVICE_INVALID', `the service ${quoted(text)} ${what}`)
  if (name === '') throw wrong('is empty')
  if (name.includes('@')) throw wrong('is a node name, not a DNS name')
  if (isIP(name) !== 0) throw wrong('is an IP address, and addresses have no SRV records')
  if (name.length > MAX_NAME_LENGTH) throw wrong(`is longer than ${MAX_NAME_LENGTH} characters`)
  const labels = name.split('.')
  const bad = labels.find((label) => !LABEL.test(label))
  if (bad !== undefined) {
    throw wrong(bad === '' ? 'has an empty label' : `is not a DNS name: the label ${quoted(bad)} is not allowed`)
  }
  if (labels.length < 2) throw wrong('has no dot, which the host part of a long node name needs')
  return name
}
