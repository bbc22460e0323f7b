/**
 * How a zone server misbehaves, for tests and demonstrations.
 *
 * - `servfail`, `refused`: the error of that name
 * - `silence`: no answer at all
 * - `garbage`: bytes that are no DNS message
 * - `truncate`: every UDP answer has no records and the TC bit
 * - `trim`: a UDP answer has only the first `records` answers, without the TC bit, as Consul does
 * - `delay`: each answer `ms` milliseconds late
 */
export type ZoneFault =
  | { readonly type: 'servfail' | 'refused' | 'silence' | 'garbage' | 'truncate' }
  | { readonly type: 'trim'; readonly records: number }
  | { readonly type: 'delay'; readonly ms: number }
