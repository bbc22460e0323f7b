import { interpolated, type Variables } from './variables.ts'

/** The lines of a `.env` or of an `env_file`: quotation marks, `export`, comments and variables as Compose reads them. */
const LINE =
  /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*(?:[=:][ \t]*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\n]*))?)?[^\n]*$/gm

/**
 * Reads variables from the text of a file.
 *
 * @param known what its values may use: `A=${B}`; earlier lines of the file count too
 * @param raw takes what follows `=` as it stands (`format: raw`)
 * @returns undefined as the value of a name without `=`, which takes that of the shell
 */
export function readEnvFile(text: string, known: Variables, { raw = false } = {}): Map<string, string | undefined> {
  const found = new Map<string, string | undefined>()
  const body = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n')
  if (raw) {
    for (const line of body.split('\n')) {
      const [, name, value] = /^([^#=\s][^=]*)=(.*)$/.exec(line) ?? []
      if (name !== undefined) found.set(name.trim(), value)
    }
    return found
  }
  const filled = (value: string) =>
    interpolated(value, { variables: { ...Object.fromEntries(found), ...withoutUndefined(known) } })
  for (const [line, name = '', single, double, plain] of body.matchAll(LINE)) {
    if (single !== undefined) found.set(name, single.replaceAll("\\'", "'"))
    else if (double !== undefined) found.set(name, filled(unescaped(double)))
    else if (plain !== undefined) found.set(name, filled(plain.replace(/[ \t]#.*$/, '').trim()))
    else found.set(name, /^[^=:]*[=:]/.test(line) ? '' : known[name])
  }
  return found
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', $: '$$' }

function unescaped(text: string): string {
  return text.replaceAll(/\\([nrt"\\$])/g, (_whole, which: string) => ESCAPES[which] ?? which)
}

function withoutUndefined(variables: Variables): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}
