import type { ErrorEntry } from '@dynsrv/cluster'
import type { MetricsErrorCode } from '@dynsrv/metrics'

/** Metrics. */
export const METRICS_ERRORS = {
  METRICS_BAD_OPTION: {
    happened: 'An option of the metrics cannot work.',
    why: 'It is missing, has the wrong type, or is out of range.',
    remedy: 'Correct the option that the message names.',
  },
  METRICS_NAME_TAKEN: {
    happened: 'A metric of this name is there already.',
    why: 'The same registry is used twice, or by another library.',
    remedy: 'Give a prefix or a registry of its own.',
  },
} as const satisfies Readonly<Record<MetricsErrorCode, ErrorEntry>>
