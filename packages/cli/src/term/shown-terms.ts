import type { DecodeOptions } from '@dynsrv/etf'

/** How terms that are only shown are decoded: what was `1.0` there is not to be read as `1` here. */
export const SHOWN_TERMS = { float: 'boxed' } as const satisfies DecodeOptions
