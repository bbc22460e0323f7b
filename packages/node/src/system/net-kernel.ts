import { atom, Tuple, tuple } from '@dynsrv/etf'
import { type GenFrom, readGenMessage } from '../call/gen-message.ts'
import type { Behaviour } from '../process/local-process.ts'

/** What remote tools ask of `net_kernel`: `net_adm:ping/1` whether we know the caller. Everything else is not served. */
export function netKernel(reply: (from: GenFrom, answer: ReturnType<typeof atom> | Tuple) => void): Behaviour {
  return {
    message(message) {
      const read = readGenMessage(message)
      if (read.type !== 'call') return
      const { from, request } = read
      const asked = request instanceof Tuple ? request.elements[0] : undefined
      if (asked === atom('is_auth')) reply(from, atom('yes'))
      else reply(from, tuple(atom('error'), atom('notsup')))
    },
  }
}
