/**
 * A schema of any library that fulfils version 1 of Standard Schema, such as zod 4, valibot or arktype; every `t` is one too.
 *
 * @see https://standardschema.dev, whose types these are
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': StandardProps<Input, Output>
}

/** What a schema has under `~standard`. */
export interface StandardProps<Input = unknown, Output = Input> {
  readonly version: 1
  /** The library that made it. */
  readonly vendor: string
  /** Checks a value, now or later. */
  readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
  /** Never there; holds the types for the compiler. */
  readonly types?: { readonly input: Input; readonly output: Output } | undefined
}

/** What a schema made of a value. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

/** What is wrong with a value, and where. */
export interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}
