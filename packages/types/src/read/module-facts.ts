import type { Term } from '@dynsrv/etf'
import { type BeamFile, readBeam } from '../beam/beam-file.ts'
import { docsOf, type ModuleDocs } from '../beam/docs.ts'
import { TypesError } from '../error.ts'
import { atomLiteral, items, nameOf, parts } from './form.ts'

/** A type that a module declares. */
export interface DeclaredType {
  readonly module: string
  readonly name: string
  /** The names of its variables. */
  readonly variables: readonly string[]
  readonly form: Term
  /** Whether what it consists of is the business of its module. */
  readonly opaque: boolean
}

/** A field of a record. */
export interface RecordField {
  readonly name: string
  /** Undefined for one without a type. */
  readonly form?: Term
}

/** A function that a module exports. */
export interface DeclaredFunction {
  readonly name: string
  readonly arity: number
  /** The clauses of its spec; none where it has no spec. */
  readonly clauses: readonly Term[]
}

/** What a compiled module says of its types. */
export interface ModuleFacts {
  readonly module: string
  /** By `name/arity`. */
  readonly types: ReadonlyMap<string, DeclaredType>
  /** Those types that other modules may use, in the order of the source. */
  readonly exportedTypes: readonly string[]
  readonly records: ReadonlyMap<string, readonly RecordField[]>
  readonly functions: readonly DeclaredFunction[]
  readonly docs: ModuleDocs
}

/** What every module exports for its compiler's sake. */
const OF_THE_COMPILER = /^(?:module_info\/[01]|behaviour_info\/1|__info__\/1|__struct__\/[01]|MACRO-.*)$/

/**
 * Reads what a compiled module says of its types.
 *
 * @param what names it in errors
 * @throws {TypesError} `TYPES_BAD_BEAM`, `TYPES_NO_DEBUG_INFO`
 */
export function moduleFacts(bytes: Uint8Array, what: string): ModuleFacts {
  const beam = readBeam(bytes, what)
  const types = new Map<string, DeclaredType>()
  const exportedTypes: string[] = []
  const records = new Map<string, readonly RecordField[]>()
  const specs = new Map<string, Term[]>()
  for (const form of typeForms(beam, what)) {
    const [kind, , attribute, value] = parts(form)
    if (nameOf(kind) !== 'attribute') continue
    switch (nameOf(attribute)) {
      case 'type':
      case 'opaque':
      case 'nominal': {
        const [name, body, variables] = parts(value)
        const declared = {
          module: beam.module,
          name: nameOf(name) ?? '',
          variables: items(variables).map((variable) => nameOf(parts(variable)[2]) ?? '_'),
          form: body,
          opaque: nameOf(attribute) === 'opaque',
        }
        types.set(`${declared.name}/${declared.variables.length}`, declared)
        break
      }
      case 'export_type':
        for (const each of items(value)) exportedTypes.push(signature(each))
        break
      case 'record': {
        const [name, fields] = parts(value)
        records.set(nameOf(name) ?? '', items(fields).map(recordField))
        break
      }
      case 'spec': {
        const [named, clauses] = parts(value)
        const own = parts(named)
        // `{Module, Name, Arity}` is written too.
        specs.set(signature(named, own.length === 3 ? 1 : 0), [...items(clauses)])
        break
      }
    }
  }
  const functions = beam.exports
    .filter(({ name, arity }) => !OF_THE_COMPILER.test(`${name}/${arity}`))
    .map(({ name, arity }) => ({ name, arity, clauses: specs.get(`${name}/${arity}`) ?? [] }))
  return { module: beam.module, types, exportedTypes, records, functions, docs: docsOf(beam) }
}

function signature(named: Term, at = 0): string {
  const all = parts(named)
  return `${nameOf(all[at]) ?? 'undefined'}/${String(all[at + 1])}`
}

function recordField(form: Term): RecordField {
  const [kind, ...rest] = parts(form)
  if (nameOf(kind) === 'typed_record_field') return { ...recordField(rest[0]), form: rest[1] }
  return { name: atomLiteral(rest[1]) ?? '' }
}

/**
 * The forms of the source that declare types and specs.
 *
 * @see OTP `beam_lib`, chunk `debug_info`; Elixir `:elixir_erl.debug_info/4`
 */
function typeForms(beam: BeamFile, what: string): readonly Term[] {
  const [version, backend, data] = parts(beam.term('Dbgi'))
  if (nameOf(version) === 'debug_info_v1') {
    const [first, second, third] = parts(data)
    if (nameOf(backend) === 'erl_abstract_code' && Array.isArray(first)) return first as Term[]
    if (nameOf(backend) === 'elixir_erl' && nameOf(first) === 'elixir_v1' && second !== undefined) return items(third)
    if (nameOf(backend) !== 'erl_abstract_code' && nameOf(backend) !== 'elixir_erl') {
      throw new TypesError('TYPES_BAD_BEAM', `${what} was made by ${nameOf(backend)}, which keeps no Erlang types`)
    }
  }
  const [old, forms] = parts(beam.term('Abst'))
  if (nameOf(old)?.startsWith('raw_abstract') === true && Array.isArray(forms)) return forms as Term[]
  throw new TypesError('TYPES_NO_DEBUG_INFO', `${what} has no debug info`)
}
