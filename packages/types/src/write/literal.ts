import { UNSEEN, visible } from '@dynsrv/kit'

/** A text as a string of JavaScript. Nothing in it ends the string or the line, or cannot be seen. */
export function stringLiteral(text: string): string {
  const inside = text
    .replaceAll(/[\\']/g, '\\$&')
    .replaceAll(UNSEEN, (character) =>
      Array.from(
        { length: character.length },
        (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
      ).join(''),
    )
  return `'${inside}'`
}

/** A name in front of a colon: as it is, or as a string where it must be. */
export function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : stringLiteral(name)
}

/** The same in an object, where `__proto__` would set the prototype. */
export function objectKey(name: string): string {
  return name === '__proto__' ? `['__proto__']` : propertyName(name)
}

/** Text in a comment. Nothing in it ends the comment, begins a line, or cannot be seen. */
export function commentText(text: string): string {
  return visible(text).replaceAll('*/', '*\\/')
}

/** A comment in front of what it is about; nothing where there is nothing to say. */
export function docComment(lines: readonly string[], indent: number): string {
  if (lines.length === 0) return ''
  const before = ' '.repeat(indent)
  const shown = lines.map((line) => commentText(line.trimEnd()))
  if (shown.length === 1 && shown[0]!.length + indent < 110) return `${before}/** ${shown[0]} */\n`
  return `${before}/**\n${shown.map((line) => `${before} *${line === '' ? '' : ` ${line}`}\n`).join('')}${before} */\n`
}
