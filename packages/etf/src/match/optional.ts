import { Matcher } from './matcher.ts'

/** A field of a map that may be missing. */
export class OptionalMatcher<T> extends Matcher<T> {
  readonly isOptional = true
}
