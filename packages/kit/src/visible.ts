/**
 * Characters that move the cursor of a terminal, turn its text round, hide in it, or are half of another one; what breaks
 * a line is among them.
 */
export const UNSEEN: RegExp = /[\p{C}\p{Zl}\p{Zp}]/gu

/** Text that does nothing to a terminal or a log: a character that cannot be seen is shown by its number, as `\u{1b}`. */
export function visible(text: string): string {
  return text.replaceAll(UNSEEN, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)
}

/** The same with its line breaks and tabs; a carriage return in front of a line's end is part of it. */
export function visibleLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replace(/\r$/, '').split('\t').map(visible).join('\t'))
    .join('\n')
}

/** The same on one line: line breaks and tabs, with the blanks around them, become one blank. */
export function oneLine(text: string): string {
  // Each run of blanks is looked at once: with blanks on both sides of a line break in the pattern, long runs take quadratic time.
  const joined = text.replaceAll(/[\s\u0085]+/g, (blanks) =>
    /[\t\n\v\f\r\u0085\u2028\u2029]/.test(blanks) ? ' ' : blanks,
  )
  return visible(joined.trim())
}

/** Longer names are cut in messages. */
export const MOST_CHARACTERS = 100

/** A name that is not ours on one line, and no more than its beginning. */
export function briefly(name: string): string {
  return visible(name.length > MOST_CHARACTERS ? `${name.slice(0, MOST_CHARACTERS - 1)}…` : name)
}

/** A name that somebody else chose, as a message may hold it: in quotation marks unless all of it is plain. */
export function identifier(name: string): string {
  return /^[\w@.:+-]+$/.test(name) ? name : visible(JSON.stringify(name))
}
