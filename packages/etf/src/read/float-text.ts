const FLOAT_TEXT = /^[+-]?\d+[.,]\d+(?:[eE][+-]?\d+)?$/

/**
 * The float in the 31 bytes of a FLOAT_EXT, which old releases and `{minor_version, 0}` write as text.
 *
 * @returns `undefined` unless it is a finite float as BEAM reads it: a comma may stand for the point, and a zero byte ends it
 */
export function parseFloatText(bytes: Uint8Array, start: number): number | undefined {
  let end = start
  while (end < start + 31 && bytes[end] !== 0) end++
  if (end === start + 31) return undefined
  const text = String.fromCharCode(...bytes.subarray(start, end))
  if (!FLOAT_TEXT.test(text)) return undefined
  const value = Number(text.replace(',', '.'))
  return Number.isFinite(value) ? value : undefined
}
