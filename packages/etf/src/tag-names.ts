import * as tags from './tag.ts'

/**
 * The tags of the External Term Format by their names in OTP's `erl_ext_dist`.
 *
 * A copy, since bundlers make a module's namespace of getters, which are slow to ask.
 */
export const Tag: Readonly<typeof tags> = { ...tags }
