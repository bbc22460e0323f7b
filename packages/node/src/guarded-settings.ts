import type { Cookie } from '@dynsrv/dist-protocol'
import { callProgram, type Fault, messageOf, oneLine, shown } from '@dynsrv/kit'
import type { Warn } from './call/outcome.ts'
import { cookie as cookieRule } from './checks.ts'
import { NodeError } from './error.ts'
import type { NodeSettings } from './node-options.ts'

/** The settings with the functions of the program so that none of them throws what a link or a process would suffer from. */
export function guardedSettings(settings: NodeSettings, warn: Warn): NodeSettings {
  const { allow, cookie, output } = settings
  const threw = (what: string, cause: unknown, then = ''): string => {
    const message = `${what} threw: ${oneLine(messageOf(cause))}${then}`
    warn({ code: 'HANDLER_THREW', message, cause })
    return message
  }
  return {
    ...settings,
    allow: (peer) => {
      const refused = `; ${peer} is refused`
      try {
        const answer: unknown = allow(peer)
        if (typeof answer === 'boolean') return answer
        // A promise would be true for everybody.
        callProgram(
          () => answer,
          (cause) => threw('the allow option', cause, refused),
        )
        const message = `the allow option gave ${shown(answer)} in place of true or false${refused}`
        warn({ code: 'HANDLER_THREW', message, peer })
      } catch (cause) {
        threw('the allow option', cause, refused)
      }
      return false
    },
    cookie:
      typeof cookie !== 'function'
        ? cookie
        : (peer) => {
            const what = `the cookie option for ${peer}`
            let given: unknown
            let fault: Fault | undefined
            try {
              given = cookie(peer)
              fault = cookieRule.check(given, `what ${what} gave`)
            } catch (cause) {
              throw new NodeError('NODE_BAD_OPTION', threw(what, cause), { peer, cause })
            }
            if (fault === undefined) return given as Cookie
            callProgram(
              () => given,
              (cause) => threw(what, cause),
            )
            const { message, hint } = fault
            warn({ code: 'HANDLER_THREW', message, peer })
            throw new NodeError('NODE_BAD_OPTION', message, { peer, hint })
          },
    output: (text, from) =>
      callProgram(
        () => output(text, from),
        (cause) => threw('the output option', cause),
      ),
  }
}
