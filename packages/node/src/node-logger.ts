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

/** Logs an event of a node. Nothing of it is a secret: cookies and digests are in no event. */
export function logEvent(logger: NodeLogger | undefined, self: string, event: NodeEvent): void {
  if (logger === undefined) return
  switch (event.type) {
    case 'nodeup': {
      const { node: peer, hidden, direction, creation } = event
      logger.info({ node: self, peer, hidden, direction, creation }, `${peer} is connected`)
      break
    }
    case 'nodedown': {
      const { node: peer, reason, counters } = event
      const details = { node: self, peer, ...plain(reason), ...counters }
      const level = ON_PURPOSE.has(reason.code) ? 'info' : 'warn'
      logger[level](details, `${peer} is gone: ${reason.message}`)
      break
    }
    case 'refused': {
      const { peer, address, reason } = event
      logger.warn({ node: self, peer, address, ...plain(reason) }, `refused ${peer ?? address}: ${reason.message}`)
      break
    }
    case 'warning': {
      const { code, message, peer, pid, cause } = event
      const details = { node: self, code, peer, pid: pid?.toString(), ...(cause !== undefined && { err: cause }) }
      if (code === 'HANDLER_THREW' && logger.error !== undefined) logger.error(details, message)
      else logger.warn(details, message)
    }
  }
}

/** Logs a dial that failed. */
export function logDialFailed(logger: NodeLogger | undefined, self: string, peer: string, error: unknown): void {
  const known = error instanceof Error ? error.message : String(error)
  logger?.debug({ node: self, peer, err: error }, `${peer} was not reached: ${known}`)
}

function plain({ code, hint, cause }: NodeDownReason): object {
  return { code, hint, ...(cause !== undefined && { err: cause }) }
}
