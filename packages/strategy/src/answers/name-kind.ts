import { isIP } from 'node:net'
import { parseNodeName } from '@dynsrv/epmd-shim'
import { messageOf } from '@dynsrv/kit'

/** Whether a node name is a short one (`-sname`): its host has no dot and is not an address. */
export function isShortName(node: string): boolean {
  const at = node.indexOf('@')
  return !node.includes('.', at) && isIP(node.slice(at + 1)) === 0
}

/**
 * Why a node cannot be linked to us, in words; undefined when its name is of the kind of ours. Nodes with long and nodes with
 * short names refuse each other.
 *
 * @see OTP `net_kernel`, `-sname` and `-name`
 */
export function kindFault(node: string, self: string): string | undefined {
  const short = isShortName(self)
  if (isShortName(node) === short) return undefined
  try {
    parseNodeName(node, { short })
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}
