/** What a code stands for, in words for a person who has not read the Erlang documentation. */
export interface ErrorEntry {
  /** What happened, as the thing is seen. */
  readonly happened: string
  /** Why it happens. */
  readonly why: string
  /** What to do about it. */
  readonly remedy: string
}
