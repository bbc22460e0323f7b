import type { CookieSet } from '@dynsrv/dist-protocol'
import { type EpmdError, type ParsedNodeName, parseNodeName } from '@dynsrv/epmd-shim'
import {
  atom,
  type DecodeLimits,
  type DecodeOptions,
  type EtfError,
  encodedLength,
  isEtfError,
  Pid,
  type Term,
  TermDecoder,
  type Values,
} from '@dynsrv/etf'
import {
  abortSignal,
  checksOf,
  duration,
  type Fault,
  messageOf,
  oneOf,
  optionsOf,
  type Rule,
  type Rules,
  required,
  rule,
  secret,
  whole,
  wrong,
} from '@dynsrv/kit'
import { isNodeError, NodeError, type NodeErrorCode } from './error.ts'
import { schemaRule } from './schema/schema.ts'
import type { CallOptions, ProcessRef, SendOptions, SendWaitOptions, TypedCallOptions } from './signature.ts'

/** The checks of this package. */
export const checks = checksOf(
  ({ message, hint, code }) =>
    new NodeError((code as NodeErrorCode | undefined) ?? 'NODE_BAD_OPTION', message, { hint }),
)

/** What our own code gives to the constructors of exported classes whose objects come from a method. */
export const INSIDE = Symbol('inside')

/** Refuses a `new` of the program. @throws {NodeError} `NODE_BAD_OPTION` */
export function onlyInside(key: unknown, what: string, maker: string): void {
  if (key === INSIDE) return
  throw new NodeError('NODE_BAD_OPTION', `a program cannot make ${what} with new`, { hint: `Call ${maker}.` })
}

/** The name of a node, of either kind. */
export const peerName: Rule = {
  what: 'a node name such as api-1@my-service.internal',
  check: (value, at) => {
    const fault = nameFault(value, at, false)
    return fault?.code === 'NODE_NAME_SHORT_HOST' ? undefined : fault
  },
}

function nameFault(value: unknown, at: string, short: boolean): Fault | undefined {
  if (typeof value !== 'string') return wrong(at, peerName.what, value)
  try {
    parseNodeName(value, { short })
    return undefined
  } catch (error) {
    const { code, message, hint } = error as EpmdError
    return { code, message, hint }
  }
}

/** A node name of the kind that a node uses, taken apart. @throws {NodeError} `NODE_NAME_*`, `NODE_BAD_OPTION` */
export function parsedName(owner: string, at: string, name: string, short: boolean): ParsedNodeName {
  checks.argument(owner, at, { what: peerName.what, check: (value) => nameFault(value, at, short) }, name)
  return parseNodeName(name, { short })
}

/** The name of an atom. */
export const atomName: Rule = rule('a string of at most 255 characters', isAtomName)

/** A name under which a process can be registered. */
export const registeredName: Rule = rule(
  'a string of 1 to 255 characters other than undefined',
  (value) => value !== '' && value !== 'undefined' && isAtomName(value),
)

function isAtomName(value: unknown): boolean {
  try {
    return typeof value === 'string' && atom(value).name === value
  } catch {
    // Too long, or with half a character in it.
    return false
  }
}

/** A pid. */
export const pid: Rule = rule('a pid', (value) => value instanceof Pid)

/** A process, by its pid or by what has one. */
const processRef: Rule = rule(
  'a pid, or what has one, such as a mailbox',
  (value) => value instanceof Pid || (value as { pid?: unknown } | null | undefined)?.pid instanceof Pid,
)

/** The pid of a process that a program names. @throws {NodeError} `NODE_BAD_OPTION` */
export function pidOf(owner: string, at: string, given: ProcessRef): Pid {
  checks.argument(owner, at, processRef, given)
  return given instanceof Pid ? given : given.pid
}

/** The arguments of a function. */
export const argumentList: Rule = rule('an array of arguments', (value) => Array.isArray(value))

/**
 * Refuses a term that has no encoding, before anything is opened or changed for it. A link that is up finds out by itself
 * when it encodes the term.
 *
 * @param what begins the message: `the message to a@host`
 * @throws {NodeError} `NODE_MESSAGE_INVALID`
 */
export function checkTerm(what: string, term: Term): void {
  sendable(what, () => encodedLength(term))
}

/**
 * Sends, and says what cannot be sent.
 *
 * @param given what the program gave, where the message around it is ours: paths begin there
 * @throws {NodeError} `NODE_MESSAGE_INVALID`
 */
export function sendable<T>(what: string, send: () => T, given?: Term): T {
  try {
    return send()
  } catch (cause) {
    const refused = cannotBeSent(what, cause)
    if (given !== undefined) checkGiven(what, refused, given)
    throw refused
  }
}

/** Throws the error of what the program gave in place of that of a message of ours around it. */
export function checkGiven(what: string, refused: unknown, given: Term): void {
  if (isNodeError(refused) && refused.code === 'NODE_MESSAGE_INVALID') checkTerm(what, given)
}

/** The error of what cannot be sent; one of a link (`DIST_…`) is passed on as it is. */
export function cannotBeSent(what: string, cause: unknown): NodeError {
  if (isNodeError(cause)) return cause
  const { path, hint } = isEtfError(cause) ? cause : {}
  return new NodeError('NODE_MESSAGE_INVALID', `${what} cannot be sent: ${messageOf(cause)}`, { path, hint, cause })
}

/** How long something may take, and what ends it early. */
export const callRules: Rules<CallOptions> = { timeoutMs: duration(), signal: abortSignal }

/** The same where the reply may have a schema. */
export const typedCallRules: Rules<TypedCallOptions> = { ...callRules, reply: schemaRule }

const checkedCall = checks.options<CallOptions>('a call', callRules)
const checkedTypedCall = checks.options<TypedCallOptions>('a call', typedCallRules)

/** Checks the options of a call. @throws {NodeError} `NODE_BAD_OPTION` */
export function checkCall(options: CallOptions | undefined): void {
  if (options !== undefined) checkedCall(options)
}

/** Checks the options of a call whose reply may have a schema. @throws {NodeError} `NODE_BAD_OPTION` */
export function checkTypedCall(options: CallOptions | undefined): void {
  if (options !== undefined) checkedTypedCall(options)
}

/** Options of whatever may be ended by a signal alone. */
export const signalOption: { readonly signal: Rule } = { signal: abortSignal }

/** Whether all that it says is what to do about a busy peer: what is given with each message is looked at without delay. */
function isPolicyOnly(options: object, policies: ReadonlySet<unknown>): boolean {
  try {
    for (const key in options) if (key !== 'whenBusy') return false
    return policies.has((options as SendOptions).whenBusy)
  } catch {
    // A proxy or a getter that throws: the rules say what is wrong.
    return false
  }
}

const UNWAITING: ReadonlySet<unknown> = new Set(['queue', 'drop', 'fail'])
const POLICIES: ReadonlySet<unknown> = new Set([...UNWAITING, 'wait'])
const QUEUE = { whenBusy: oneOf('queue', 'drop', 'fail') }
const WAIT = { whenBusy: oneOf('queue', 'drop', 'fail', 'wait'), signal: abortSignal, from: pid }
const checkedSend = checks.options<SendOptions>('send', QUEUE)
const checkedNodeSend = checks.options<SendOptions & Omit<SendWaitOptions, 'whenBusy'> & { from?: Pid }>('send', WAIT)

/** Checks the options of a send that does not wait. @throws {NodeError} `NODE_BAD_OPTION` */
export function checkSend(options: SendOptions | undefined): void {
  if (options !== undefined && !isPolicyOnly(options, UNWAITING)) checkedSend(options)
}

/** Checks the options of `Node.send`. @throws {NodeError} `NODE_BAD_OPTION` */
export function checkNodeSend(options: (SendOptions | SendWaitOptions) & { from?: Pid }): void {
  if (isPolicyOnly(options, POLICIES)) return
  checkedNodeSend(options)
  if ('signal' in options && options.signal !== undefined && options.whenBusy !== 'wait') {
    throw new NodeError('NODE_BAD_OPTION', "send: signal goes with whenBusy: 'wait' only", {
      hint: "Write whenBusy: 'wait', or leave the signal out: such a send does not wait.",
    })
  }
}

function isCookie(value: unknown): boolean {
  return typeof value === 'string' && /^[\0-\xff]{1,255}$/.test(value)
}

const cookieText: Rule = secret(rule('a string of 1 to 255 Latin-1 characters', isCookie))
const cookieTexts: Rule = secret(
  rule('an array of at least one such string', (value) => {
    // Array.from: a hole is no cookie.
    return Array.isArray(value) && value.length > 0 && Array.from(value).every((each) => isCookie(each))
  }),
)
const cookieSet = optionsOf<CookieSet>({ offered: required(cookieText), accepted: required(cookieTexts) })

const COOKIE_ADVICE = 'Make a good one with: dynsrv cookie new'

/** A cookie that a BEAM node could have. A refusal never shows it. @see OTP `auth:set_cookie/1` */
export const cookie: Rule = {
  what: 'a string of 1 to 255 Latin-1 characters, or an object with offered and accepted',
  check: (value, at) => {
    const isSet = typeof value === 'object' && value !== null && !Array.isArray(value)
    if (isSet) return cookieSet.check(value, at)
    const fault = cookieText.check(value, at)
    return fault && { ...fault, hint: `${fault.hint} ${COOKIE_ADVICE}` }
  },
  advice: COOKIE_ADVICE,
}

/** How a node decodes, beside its `values`. */
export type NodeDecodeOptions = Pick<DecodeOptions, 'binary' | 'map' | 'float' | 'limits'>

/** Which values terms become: `@dynsrv/etf` checks it. */
export const valuesRule: Rule = {
  what: "'exact', 'plain' or settings on top of one of them",
  check: (value, at) => {
    try {
      new TermDecoder({ values: value as Values })
      return undefined
    } catch (error) {
      const { message, hint } = error as EtfError
      return { message: message.replace(/^TermDecoder: values/, at), hint }
    }
  },
}

/** What is too much of a term, and settings on top of the values. */
export const decodeOptions: Rule = optionsOf<NodeDecodeOptions>({
  binary: oneOf('bytes', 'text', 'view'),
  map: oneOf('map', 'object'),
  float: oneOf('number', 'boxed'),
  limits: optionsOf<DecodeLimits>({
    depth: whole(),
    memoryBytes: whole(),
    inflatedBytes: whole(),
    integerBytes: whole(),
    atomBytes: whole(),
    atomCharacters: whole(),
  }),
})
