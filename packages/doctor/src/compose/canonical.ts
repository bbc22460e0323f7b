import { resolve } from 'node:path'
import { type Fields, fieldsOf, type Path } from './compose-yaml.ts'

/**
 * A service with each field in one form: lists of pairs as mappings, one text as a list of one, paths from the root.
 *
 * @param directory what relative paths are relative to
 */
export function canonicalService(given: Fields, directory: string): Fields {
  const forms: Record<string, (value: unknown) => unknown> = {
    environment: (value) => (Array.isArray(value) ? pairsOf(value, '=') : value),
    env_file: (value) => listOf(value).map((one) => envFile(one, directory)),
    networks: (value) => (Array.isArray(value) ? Object.fromEntries(value.map((one) => [String(one), null])) : value),
    depends_on: (value) =>
      Array.isArray(value)
        ? Object.fromEntries(value.map((one) => [String(one), { condition: 'service_started', required: true }]))
        : value,
    extra_hosts: hosts,
    links: listOf,
    external_links: listOf,
    secrets: listOf,
    configs: listOf,
    profiles: listOf,
  }
  return Object.fromEntries(
    Object.entries(given).map(([key, value]) => [
      key,
      value === null || value === undefined ? value : (forms[key]?.(value) ?? value),
    ]),
  )
}

/** Where a service notes what could not be followed. */
export const GAP = 'x-dynsrv-gap'

/** Fields of which a later list comes behind the one before; all other lists take its place. */
const APPENDED = new Set([
  'env_file',
  'links',
  'external_links',
  'profiles',
  'aliases',
  'secrets',
  'configs',
  'volumes',
  GAP,
])

function isAppended(key: string): boolean {
  return APPENDED.has(key)
}

/** A service, or a part of one, with another one on top of it, as Compose merges them. */
export function merged(below: Fields, above: Fields, appended: (key: string) => boolean = isAppended): Fields {
  const whole: Record<string, unknown> = { ...below }
  for (const [key, value] of Object.entries(above)) {
    const before = below[key]
    if (value === undefined) continue
    if (isMapping(before) && isMapping(value))
      whole[key] = merged(before, value, key === 'extra_hosts' ? () => true : appended)
    else if (Array.isArray(before) && Array.isArray(value) && appended(key)) whole[key] = union(before, value)
    else if (value !== null || before === undefined || !isMapping(before)) whole[key] = value
  }
  return whole
}

function union(before: readonly unknown[], after: readonly unknown[]): unknown[] {
  const seen = new Set(before.map((one) => JSON.stringify(one)))
  return [...before, ...after.filter((one) => !seen.has(JSON.stringify(one)))]
}

/** The same without what a path leads to. */
export function withoutPath(fields: Fields, [key, ...rest]: Path): Fields {
  if (key === undefined || !(key in fields)) return fields
  const { [key]: value, ...others } = fields
  return rest.length === 0 ? others : { ...fields, [key]: isMapping(value) ? withoutPath(value, rest) : value }
}

function isMapping(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value]
}

/** `NAME=value` as entries; a name alone has null. */
function pairsOf(list: readonly unknown[], sign: string): Record<string, unknown> {
  return Object.fromEntries(
    list.map((one) => {
      const text = String(one)
      const at = text.indexOf(sign)
      return at === -1 ? [text, null] : [text.slice(0, at), text.slice(at + 1)]
    }),
  )
}

function envFile(given: unknown, directory: string): object {
  const { path, required = true, format } = isMapping(given) ? given : { path: given }
  return {
    path: resolve(directory, String(path)),
    required: required !== false && required !== 'false',
    ...(format !== undefined && { format }),
  }
}

/** `host:address` or `host=address`, or a mapping of hosts. */
function hosts(value: unknown): Record<string, unknown[]> {
  const pairs = Array.isArray(value)
    ? value.map((one) => {
        const [, host = '', address = ''] = /^([^:=]+)[:=](.*)$/s.exec(String(one)) ?? []
        return [host, address] as const
      })
    : Object.entries(fieldsOf(value))
  const found: Record<string, unknown[]> = {}
  for (const [host, address] of pairs) found[host] = [...(found[host] ?? []), ...listOf(address)]
  return found
}
