/** Done as asked. */
export const EXIT_OK = 0
/** It started well and failed while running. */
export const EXIT_FAILED = 1
/** The arguments or the environment are wrong; nothing was started. */
export const EXIT_BAD_USAGE = 2
/** Ended by SIGINT before it was done, as shells count it. */
export const EXIT_INTERRUPTED = 130

const BAD_USAGE =
  /^(DYNSRV_(?!NOT_READY|CLOSED)|NODE_(NAME_|BAD_OPTION|PORT_IN_USE|LISTEN_FAILED)|DNS_BAD_|EPMD_(BAD_OPTION|DIST_PORT|LISTEN_FAILED)|STRATEGY_BAD_)/

/** Tells what the user typed wrong (2) from what went wrong (1), by the stable code of the error or of its causes. */
export function exitCodeOf(error: unknown): number {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && BAD_USAGE.test(String(cause.code))) return EXIT_BAD_USAGE
  }
  return EXIT_FAILED
}
