/** What a file that is written uses itself, so that no type of a module may be called so. */
const TAKEN = [
  'Array',
  'Atom',
  'BitString',
  'Contract',
  'Date',
  'Decimal',
  'ExternalFun',
  'Fun',
  'Map',
  'Matcher',
  'Opaque',
  'Pid',
  'PlainDate',
  'PlainDateTime',
  'PlainTime',
  'Port',
  'Promise',
  'Range',
  'Reference',
  'Set',
  'Term',
  'Tuple',
  'Uint8Array',
  'Version',
]

/** Hands out names, each once. */
export class Names {
  readonly #taken = new Set(TAKEN)

  /** That name, or with a number behind it where it is taken. */
  take(wanted: string): string {
    let name = wanted
    for (let count = 2; this.#taken.has(name); count++) name = `${wanted}${/\d$/.test(wanted) ? '_' : ''}${count}`
    this.#taken.add(name)
    return name
  }
}

/** A name with words that begin with capitals: `ip_address` becomes `IpAddress`. */
export function pascal(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  const joined = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('')
  return /^[A-Z]/.test(joined) ? joined : `T${joined}`
}

/** The name of a module without what stands before it: `MyApp.Stock` and `Elixir.MyApp.Stock` are `Stock`. */
export function moduleName(module: string): string {
  return pascal(module.split('.').at(-1) ?? module)
}

/** The words of JavaScript that cannot name a parameter. */
const RESERVED = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends false ' +
    'finally for function if implements import in instanceof interface let new null package private protected public ' +
    'return static super switch this throw true try typeof undefined var void while with yield'
  ).split(' '),
)

/** A name for a parameter: `Some_List` becomes `someList`. Undefined where nothing of it can be one. */
export function parameter(name: string): string | undefined {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  const joined = words
    .map((word, index) => (index === 0 ? lowered(word) : word[0]!.toUpperCase() + word.slice(1)))
    .join('')
  if (!/^[a-z]/.test(joined)) return undefined
  return RESERVED.has(joined) ? `${joined}_` : joined
}

function lowered(word: string): string {
  return /^[A-Z0-9]+$/.test(word) ? word.toLowerCase() : word[0]!.toLowerCase() + word.slice(1)
}

/** Names to which JavaScript gives a meaning of its own: a client with a method `then` would be taken for a promise. */
const MEANT = new Set([
  'then',
  'constructor',
  'prototype',
  '__proto__',
  'toString',
  'toJSON',
  'valueOf',
  'hasOwnProperty',
])

/** By what name a program calls each function: its own, but for those that mean something in JavaScript, with `_` behind. */
export function methodNames(functions: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set(functions)
  return new Map(
    functions.map((name) => {
      let known = name
      if (MEANT.has(name))
        do known += '_'
        while (taken.has(known))
      return [name, known]
    }),
  )
}
