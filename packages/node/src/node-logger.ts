import { callProgram, messageOf, moreLikeThis } from '@dynsrv/kit'
import type { NodeDownReason, NodeEvent } from './node-event.ts'

/** One level of a logger: what is known as an object, then a text for people. */
export type LogMethod = (details: object, message: string) => void

/** A logger of pino's shape; winston's and the console's fit with a line of glue. */
export interface NodeLogger {
  /** Dials that failed. */
  readonly debug: LogMethod
  /** Links that came up, and those that ended on purpose. */
  readonly info: LogMethod
  /** Links that were lost, peers that were refused, warnings. */
  readonly warn: LogMethod
  /** Handlers of the program that threw; they go to `warn` when this is left out. */
  readonly error?: LogMethod
}

/** Links that end so were ended by a program. */
const ON_PURPOSE: ReadonlySet<string> = new Set(['NODE_CLOSED', 'NODE_DISCONNECTED'])

/**
 * Logs an event of a node. Nothing of it is a secret: cookies and digests are in no event.
 *
 * @param more how many events like it were not logged since the last one that was
 * @returns what the logger gave; a logger that is written as an async function gives a promise
 */
export function logEvent(logger: NodeLogger, self: string, event: NodeEvent, more: number): unknown {
  const times = more === 0 ? {} : { more }
  const end = moreLikeThis(more)
  switch (event.type) {
    case 'nodeup': {
      const { node: peer, hidden, direction, creation } = event
      return logger.info({ node: self, peer, hidden, direction, creation, ...times }, `${peer} is connected${end}`)
    }
    case 'nodedown': {
      const { node: peer, reason, counters } = event
      const details = { node: self, peer, ...plain(reason), ...counters, ...times }
      const level = ON_PURPOSE.has(reason.code) ? 'info' : 'warn'
      return logger[level](details, `${peer} is gone: ${reason.message}${end}`)
    }
    case 'refused': {
      const { peer, address, reason } = event
      return logger.warn(
        { node: self, peer, address, ...plain(reason), ...times },
        `refused ${peer ?? address}: ${reason.message}${end}`,
      )
    }
    case 'warning': {
      const { code, message, peer, pid, cause } = event
      const err = cause === undefined ? {} : { err: cause }
      const details = { node: self, code, peer, pid: pid?.toString(), ...err, ...times }
      const level = code === 'HANDLER_THREW' && logger.error !== undefined ? 'error' : 'warn'
      return logger[level]?.(details, `${message}${end}`)
    }
  }
}

/** Logs a dial that failed. */
export function logDialFailed(logger: NodeLogger | undefined, self: string, peer: string, error: unknown): void {
  callProgram(
    () => logger?.debug({ node: self, peer, err: error }, `${peer} was not reached: ${messageOf(error)}`),
    () => undefined,
  )
}

function plain({ code, hint, cause }: NodeDownReason): object {
  return { code, hint, ...(cause !== undefined && { err: cause }) }
}
