import { type Atom, type DecodeOptions, decodeTerm, type Term } from '@dynsrv/etf'

type Filled = { readonly [Option in keyof Required<DecodeOptions>]: DecodeOptions[Option] | undefined }

/** A term behind a distribution header, and where it ends. */
export function decodeWithAtoms(
  bytes: Uint8Array,
  at: number,
  { binary, map, float, limits }: DecodeOptions,
  atoms: readonly Atom[],
): { readonly value: Term; readonly end: number } {
  // Written out: to spread the options into a new object takes ten times as long as to decode a small term.
  const options: Filled & { atoms: readonly Atom[] } = { binary, map, float, limits, atoms }
  return decodeTerm(bytes, at, options as DecodeOptions & { atoms: readonly Atom[] })
}
