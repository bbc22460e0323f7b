import { checksOf, filledText, optionsOf, type Rule, required, rule, whole } from '@dynsrv/kit'
import { DistError, NAME_HINT } from './error.ts'
import { isHostPart, isNodeName, type NodeIdentity } from './node-identity.ts'

/** The checks of this package. */
export const checks = checksOf(({ message, hint }) => new DistError('DIST_BAD_OPTION', message, { hint }))

export const u32: Rule = whole(0, 0xffff_ffff)

/** Whether it is a set of capability flags, as the handshake carries it. */
export function isFlags(value: unknown): value is bigint {
  return typeof value === 'bigint' && BigInt.asUintN(64, value) === value
}

export const flagsRule: Rule = rule('a bigint from 0n to 2n ** 64n - 1n', isFlags)
export const headerBytesRule: Rule = rule('2 or 4', (value) => value === 2 || value === 4)

/** The same rule with the hint that fits node names. */
function hinted(given: Rule): Rule {
  return {
    ...given,
    check: (value, at) => {
      const fault = given.check(value, at)
      return fault && { ...fault, hint: NAME_HINT }
    },
  }
}

export const nodeName: Rule = hinted(rule('a node name', isNodeName))
const hostPart = hinted(rule('the host part of a node name, as askForName wants it', isHostPart))

/** Who a node is, as far as it says so; a creation of 0 is not known yet. */
export const identityRule: Rule = optionsOf<NodeIdentity>({
  name: required(filledText),
  flags: required(flagsRule),
  creation: required(u32),
})

/** Our own identity. The creation 0 would say that it is not known. */
export const selfRule: Rule = optionsOf<NodeIdentity>({
  name: required(nodeName),
  flags: required(flagsRule),
  creation: required(whole(1, 0xffff_ffff)),
})

/** The same where the peer gives the name and the creation. */
export const namelessRule: Rule = optionsOf<NodeIdentity>({
  name: required(hostPart),
  flags: required(flagsRule),
  creation: required(u32),
})

/** Whether it is a `Uint8Array` of its own. A proxy of one is none: its length cannot be read. */
export function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && value instanceof Uint8Array
}

const bytesRule: Rule = rule('a Uint8Array', isBytes)

/** Refuses an argument that is not bytes. */
export function checkBytes(owner: string, name: string, value: unknown): void {
  if (!isBytes(value)) checks.argument(owner, name, bytesRule, value)
}
