import { abortSignal, bound, duration, filledText, flag, numberFrom, type Rules, rule } from '@dynsrv/kit'
import type { CallOptions, Schema, TypedCallOptions } from '@dynsrv/node'
import { checks } from '../checks.ts'
import { DynsrvError } from '../error.ts'

/** How a service calls its members. */
export interface ServiceOptions {
  /**
   * Whether every call may happen twice: then another member is asked also when it is not known whether the first one ran it, and
   * when that takes long. Default false; each call can say it for itself.
   */
  readonly idempotent?: boolean
  /** For a call with all of its attempts. Unit: milliseconds; default 5000, as for `Node.call`. */
  readonly timeoutMs?: number
  /** How many members a call asks at most. Default 5. */
  readonly attempts?: number
  /**
   * After how long without an answer an idempotent call is made on another member as well; the first answer counts. Unit:
   * milliseconds; default: half of the time that is left.
   */
  readonly nextAfterMs?: number
  /** After how many failures in a row a member is left out. One that surely cannot run a call is left out at once. Default 3. */
  readonly failures?: number
  /** How long a member is left out at first; each time in a row it is twice as long. Unit: milliseconds; default 1000. */
  readonly outMs?: number
  /** How long a member is left out at most. Unit: milliseconds; default 30 000. */
  readonly maxOutMs?: number
  /**
   * A member whose answers take so many times as long as those of the others is left out too, when that is 50 ms more at least.
   * Default 5; `Infinity` never leaves one out for that.
   */
  readonly slowFactor?: number
}

/** How one call is made; everything that `Node.call` and `Node.erpc` take goes on to them. */
export interface ServiceCallOptions extends CallOptions {
  /** Whether this call may happen twice. Default: what the service says. */
  readonly idempotent?: boolean
}

/** How one call is made whose reply is checked and typed. */
export interface TypedServiceCallOptions<S extends Schema = Schema>
  extends ServiceCallOptions,
    Pick<TypedCallOptions<S>, 'reply'> {}

/** What `cluster.module` takes: the options of each call, and whom to call. */
export interface ModuleOptions extends ServiceCallOptions {
  /** The node that has the module; default: any member that does. */
  readonly node?: string
}

const RULES: Rules<ServiceOptions> = {
  idempotent: flag,
  timeoutMs: duration(),
  attempts: bound,
  nextAfterMs: duration(),
  failures: bound,
  outMs: duration({ min: 1 }),
  maxOutMs: duration({ min: 1 }),
  slowFactor: numberFrom(1),
}

export const checkService = checks.options<ServiceOptions>('service', RULES)

/** The node says more of one that is none; here it is known before a member is chosen. */
const schema = rule('a schema: a shape of t, or a Standard Schema', (value) => {
  const holds = (typeof value === 'object' && value !== null) || typeof value === 'function'
  return holds && typeof (value as Partial<Schema>)['~standard']?.validate === 'function'
})

const CALL_RULES: Rules<ServiceCallOptions> = { idempotent: flag, timeoutMs: duration(), signal: abortSignal }

/** Checks the options of a call. The node checks the schema of the reply, and whatever else it takes. */
export const checkServiceCall = checks.options<ServiceCallOptions | TypedServiceCallOptions>('call', {
  ...CALL_RULES,
  reply: schema,
} as Rules<TypedServiceCallOptions>)

/** Checks the options of the calls of a module. */
export const checkServiceModule = checks.options<ServiceCallOptions>('module', CALL_RULES)

const checkModuleRules = checks.options<ModuleOptions>('module', { ...CALL_RULES, node: filledText })

/** Checks what `cluster.module` takes. */
export function checkModule(options: ModuleOptions): void {
  checkModuleRules(options)
  if (options.node === undefined || options.idempotent === undefined) return
  throw new DynsrvError('DYNSRV_BAD_OPTION', 'module: idempotent has no meaning beside node', {
    hint: 'Leave one of them out: where one node is named, no other member is asked.',
  })
}
