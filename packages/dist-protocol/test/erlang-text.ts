import { Atom, Float, ImproperList, Pid, Reference, type Term, Tuple } from '@dynsrv/etf'

/** A term in the notation of the captures' notes; binaries and funs in a shortened form. */
export function erlangText(term: Term): string {
  if (term === null) return 'nil'
  if (term instanceof Atom) return term.name === '' || !/^[a-zé][\w@é]*$/.test(term.name) ? `'${term.name}'` : term.name
  if (term instanceof Pid) return `<${term.node.name}|${term.id}.${term.serial}|c${term.creation}>`
  if (term instanceof Reference) return `#Ref<${term.node.name}|${term.words.join('.')}|c${term.creation}>`
  if (term instanceof Tuple) return `{${term.elements.map(erlangText).join(',')}}`
  if (term instanceof ImproperList) return `[${term.elements.map(erlangText).join(',')}|${erlangText(term.tail)}]`
  if (term instanceof Float) return String(term.value)
  if (term instanceof Uint8Array) return `<<...>>(${term.length})`
  if (term instanceof Map) {
    return `#{${[...term].map(([key, value]) => `${erlangText(key)}=>${erlangText(value)}`).join(',')}}`
  }
  if (Array.isArray(term)) {
    const isText =
      term.length > 0 && term.every((item) => typeof item === 'number' && (item === 10 || (item >= 32 && item < 127)))
    return isText ? `"${String.fromCharCode(...term)}"` : `[${term.map(erlangText).join(',')}]`
  }
  return typeof term === 'object' ? 'fun' : String(term)
}

/** A note of a capture, in the same shortened form. */
export function noteText(note: string): string {
  return note
    .replace(/^.*complete: /, '')
    .replaceAll(/<<(?:[^>]|>(?!>))*>>\((\d+)\)/g, '<<...>>($1)')
    .replace(/fun \{.*$/, 'fun')
    .replace(/\.\.\.\].*$/, '')
}
