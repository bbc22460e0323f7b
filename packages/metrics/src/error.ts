/** What can go wrong here. */
export type MetricsErrorCode = 'METRICS_BAD_OPTION' | 'METRICS_NAME_TAKEN'

/** The one error of this package: it is the caller's in every case, and nothing is measured then. */
export class MetricsError extends Error {
  override readonly name = 'MetricsError'
  readonly code: MetricsErrorCode

  constructor(code: MetricsErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options)
    this.code = code
  }
}
