/** The error that the system gives for a call. */
export function systemError(
  code: keyof typeof ERRNO,
  syscall: string,
  { ip, port }: { readonly ip?: string; readonly port?: number } = {},
): NodeJS.ErrnoException {
  const where = ip === undefined ? '' : ` ${ip}${port === undefined ? '' : `:${port}`}`
  return Object.assign(new Error(`${syscall} ${code}${where}`), {
    code,
    errno: ERRNO[code],
    syscall,
    ...(ip !== undefined && { address: ip }),
    ...(port !== undefined && { port }),
  })
}

/** Those of Linux. */
const ERRNO = {
  EADDRINUSE: -98,
  EADDRNOTAVAIL: -99,
  ECONNREFUSED: -111,
  ECONNRESET: -104,
  EHOSTUNREACH: -113,
  EPIPE: -32,
  ETIMEDOUT: -110,
} as const
