import { CodedError, type CodedErrorOptions, type ErrorTable, isCoded } from '@dynsrv/kit'

/** What can go wrong here. */
export type MetricsErrorCode = 'METRICS_BAD_OPTION' | 'METRICS_NAME_TAKEN'

/** What each code of this package means. */
export const METRICS_ERRORS: ErrorTable<MetricsErrorCode> = {
  METRICS_BAD_OPTION: {
    happened: 'An option or an argument of the metrics cannot work.',
    why: 'It is misspelled or missing, has the wrong type, or is out of range.',
    hint: 'Correct what the message names.',
    category: 'option',
  },
  METRICS_NAME_TAKEN: {
    happened: 'The registry has a metric of this name already.',
    why: 'The metrics were started twice on one registry, or another library uses the name.',
    hint: 'Close the metrics that were started first, or give a registry of its own.',
    category: 'option',
  },
}

/** Details that an error can have beside its message. */
export interface MetricsErrorOptions extends CodedErrorOptions {}

/** The one error of this package. Nothing is measured after it. */
export class MetricsError extends CodedError<MetricsErrorCode> {
  override readonly name = 'MetricsError'

  constructor(code: MetricsErrorCode, message: string, options?: MetricsErrorOptions) {
    super(METRICS_ERRORS, code, message, options)
  }
}

/** Whether something that was thrown is an error of this package, whichever copy of it is in use. */
export function isMetricsError(error: unknown): error is MetricsError {
  return isCoded(error) && Object.hasOwn(METRICS_ERRORS, error.code)
}
