import { atom } from '@dynsrv/etf'
import { flag } from '@dynsrv/kit'
import { checks } from '../checks.ts'
import { type Closable, closable } from '../closable.ts'
import type { PgScope } from '../pg/pg-scope.ts'
import type { LinksAndMonitors } from '../process/links-and-monitors.ts'
import type { Registry } from '../process/registry.ts'

/** How functions are exposed. */
export interface ExposeOptions {
  /**
   * Whether other nodes find the functions without the name of this node: a process of ours joins the process group that is
   * called as the module is, in the scope `dynsrv`. `Dynsrv.call` of the OTP application dynsrv looks there, and so may
   * anybody with `:pg`. Default false.
   */
  readonly group?: boolean
}

/** The scope in which exposed functions are found. One of its own: that of OTP's default may be started by programs too. */
export const EXPOSED_SCOPE = 'dynsrv'

export const checkExpose = checks.options<ExposeOptions>('expose', { group: flag })

/** Joins the group of a module with a process that does nothing else; closing it leaves. */
export function joinExposedGroup(
  module: string,
  scope: PgScope,
  { registry, life }: { readonly registry: Registry; readonly life: LinksAndMonitors },
): Closable {
  const process = registry.spawn({ message: () => undefined, ended: () => undefined, kind: 'system' })
  scope.join(atom(module), process.pid)
  return closable(() => life.exit(process, atom('normal')))
}
