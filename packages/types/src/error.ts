import { CodedError, type CodedErrorOptions, type ErrorTable, isCoded } from '@dynsrv/kit'

/** What can be wrong when types are read from a module. */
export type TypesErrorCode =
  | 'TYPES_BAD_OPTION'
  | 'TYPES_BAD_BEAM'
  | 'TYPES_IN_MEMORY'
  | 'TYPES_NO_DEBUG_INFO'
  | 'TYPES_NO_MODULE'
  | 'TYPES_TOO_LARGE'

/** What each code of this package means. */
export const TYPES_ERRORS: ErrorTable<TypesErrorCode> = {
  TYPES_BAD_OPTION: {
    happened: 'An option or an argument for reading types cannot work.',
    why: 'It is misspelled, has the wrong type, or is out of range.',
    hint: 'Correct what the message names.',
    category: 'option',
  },
  TYPES_BAD_BEAM: {
    happened: 'A file is no compiled module, or what it says of its types cannot be read.',
    why: 'It is damaged or encrypted, or a compiler made it that keeps no Erlang types.',
    hint: 'Give a .beam file that erlc or elixirc made, without encrypt_debug_info.',
    category: 'term',
  },
  TYPES_IN_MEMORY: {
    happened: 'The node runs a module that has no file.',
    why: 'It was compiled in memory: in a shell, by elixir on a .exs file, or at run time.',
    hint: 'Compile it into a file, with mix compile or elixirc, and name that file with --beam FILE.',
    category: 'option',
  },
  TYPES_NO_DEBUG_INFO: {
    happened: 'A compiled module says nothing of its types.',
    why: 'Its debug info is gone, or was never there. Releases of Elixir strip it, and erlc writes it only with +debug_info.',
    hint: 'Say strip_beams: false for the release in mix.exs, compile with erlc +debug_info, or name the file in _build with --beam FILE.',
    category: 'option',
  },
  TYPES_NO_MODULE: {
    happened: 'There is no such module.',
    why: 'Its name is misspelled, or its application is not part of that node.',
    hint: 'Write it as its own language does: MyApp.Stock for Elixir, my_stock for Erlang.',
    category: 'option',
  },
  TYPES_TOO_LARGE: {
    happened: 'A module has more types than a file of TypeScript should hold.',
    why: 'The module, or one whose types it uses, was written by a program.',
    hint: 'Give the functions that are called from JavaScript a module of their own.',
    category: 'limit',
  },
}

/** Details beside the message. */
export interface TypesErrorOptions extends CodedErrorOptions {}

/** The one error of this package: `code` and `message` say what is wrong, `hint` what to do. */
export class TypesError extends CodedError<TypesErrorCode> {
  override readonly name = 'TypesError'

  constructor(code: TypesErrorCode, message: string, options?: TypesErrorOptions) {
    super(TYPES_ERRORS, code, message, options)
  }
}

/** Whether something that was thrown is an error of this package, whichever copy of it is in use. */
export function isTypesError(error: unknown): error is TypesError {
  return isCoded(error) && Object.hasOwn(TYPES_ERRORS, error.code)
}
