import { listOf, type Rule, recordOf, rule, text } from '@dynsrv/kit'
import { checks } from '../checks.ts'
import { EtfError, isEtfError } from '../error.ts'
import { atom, type Term } from '../term.ts'
import { Matcher, matcherRule } from './matcher.ts'

/** One clause of the spec of a function: the shapes of what it takes and of what it gives. */
export interface ContractClause {
  readonly takes: readonly Matcher<unknown>[]
  readonly gives: Matcher<unknown>
}

/** A function of a module. */
export interface ContractFunction {
  /** Its name there; the program may know it by another one. */
  readonly name: string
  /** Those of each arity, in the order of the spec: the first that takes the arguments of a call counts. */
  readonly clauses: readonly ContractClause[]
}

declare const CLIENT: unique symbol

/** What a module of another node offers, as `dynsrv types` writes it. `Client` is the object that calls it. */
export interface Contract<Client extends object> {
  /** The name of the module there, such as `Elixir.MyApp.Stock`. */
  readonly module: string
  /** By the names that the program calls them by. */
  readonly functions: Readonly<Record<string, ContractFunction>>
  /** Only a type: it carries that of the client. */
  readonly [CLIENT]: Client
}

const moduleRule: Rule = rule('the name of a module', (value) => {
  try {
    return typeof value === 'string' && value !== '' && atom(value).name === value
  } catch {
    return false
  }
})
const shapes: Rule = listOf(matcherRule)
const clauseRule: Rule = rule('an object with takes and gives, made of matchers', (value) => {
  const { takes, gives } = (value ?? {}) as Partial<ContractClause>
  return shapes.check(takes, '') === undefined && gives instanceof Matcher
})
const functionRule: Rule = rule('an object with a name and clauses', (value) => {
  const { name, clauses } = (value ?? {}) as Partial<ContractFunction>
  // A function may well be named ''.
  return text.check(name, '') === undefined && listOf(clauseRule).check(clauses, '') === undefined
})
/** An object with a function `then` is a promise for JavaScript: it would be called wherever the client is awaited. */
const awaitable: Rule = rule(
  'functions none of which is called then',
  (value) => !Object.hasOwn(value as object, 'then'),
)

/**
 * Says what a module offers. `dynsrv types` writes it of the specs of the module.
 *
 * @param module its name on its node, such as `lists` or `Elixir.MyApp.Stock`
 * @throws {EtfError} `ETF_BAD_OPTION`
 */
export function contract<Client extends object>(
  module: string,
  functions: Readonly<Record<string, ContractFunction>>,
): Contract<Client> {
  checks.argument('contract', 'module', moduleRule, module)
  checks.argument('contract', 'functions', recordOf(functionRule), functions)
  checks.argument('contract', 'functions', awaitable, functions)
  return Object.freeze({ module, functions: Object.freeze({ ...functions }) }) as Contract<Client>
}

/**
 * One clause of a spec. A function and not an object, since TypeScript would compare the types of a thousand objects with
 * one another.
 *
 * @throws {EtfError} `ETF_BAD_OPTION`
 */
export function clause(takes: readonly Matcher<unknown>[], gives: Matcher<unknown>): ContractClause {
  checks.argument('clause', 'takes', shapes, takes)
  checks.argument('clause', 'gives', matcherRule, gives)
  return Object.freeze({ takes: Object.freeze([...takes]), gives })
}

/** What takes part in a call: the arguments as terms, and the shape that reads the reply. */
export interface WrittenCall {
  readonly args: readonly Term[]
  readonly gives: Matcher<unknown>
}

/**
 * Writes the arguments of a call with the first clause that takes them.
 *
 * @throws {EtfError} `ETF_MISMATCH` with the path of the argument that no clause takes
 */
export function writeCall(module: string, { name, clauses }: ContractFunction, args: readonly unknown[]): WrittenCall {
  const what = `${module}:${name}/${args.length}`
  let furthest = -1
  let refusal: EtfError | undefined
  for (const { takes, gives } of clauses) {
    if (takes.length !== args.length) continue
    const [terms, at, error] = written(takes, args)
    if (error === undefined) return { args: terms, gives }
    if (at > furthest) [furthest, refusal] = [at, error]
  }
  if (refusal === undefined) throw noSuchArity(what, clauses)
  throw new EtfError('ETF_MISMATCH', `${what}: argument ${furthest + 1}: ${refusal.message}`, {
    path: `arguments[${furthest}]${refusal.path ?? ''}`,
    hint: 'Nothing was sent. Give what the spec of the function takes.',
    cause: refusal,
  })
}

function written(takes: ContractClause['takes'], args: readonly unknown[]): readonly [Term[], number, EtfError?] {
  const terms: Term[] = []
  for (const [at, shape] of takes.entries()) {
    try {
      terms.push(shape.write(args[at]))
    } catch (error) {
      if (!isEtfError(error) || error.code !== 'ETF_MISMATCH') throw error
      return [terms, at, error]
    }
  }
  return [terms, takes.length]
}

function noSuchArity(what: string, clauses: ContractFunction['clauses']): EtfError {
  const arities = [...new Set(clauses.map(({ takes }) => takes.length))].sort((a, b) => a - b)
  return new EtfError('ETF_MISMATCH', `${what}: it takes ${arities.join(' or ')} arguments`, {
    path: 'arguments',
    hint: 'Nothing was sent. Give as many arguments as the spec of the function has.',
  })
}

/** Reads the reply of a call. @throws {EtfError} `ETF_MISMATCH` with the path of the part that differs */
export function readReply(what: string, gives: Matcher<unknown>, reply: Term): unknown {
  try {
    return gives.parse(reply)
  } catch (cause) {
    if (!isEtfError(cause) || cause.code !== 'ETF_MISMATCH') throw cause
    throw new EtfError('ETF_MISMATCH', `${what}: the reply: ${cause.message}`, {
      path: `reply${cause.path ?? ''}`,
      hint: 'The function ran. Its reply is not what its spec says: run dynsrv types again, or correct the spec.',
      cause,
    })
  }
}

/** How a client makes a call: with the name of the function and its arguments as terms. */
export type MakeCall = (name: string, args: readonly Term[]) => Promise<Term>

const callRule: Rule = rule('a function', (value) => typeof value === 'function')
const contractRule: Rule = rule(
  'a contract, as dynsrv types writes it',
  (value) =>
    moduleRule.check((value as Partial<Contract<object>> | undefined)?.module, '') === undefined &&
    typeof (value as Partial<Contract<object>>).functions === 'object',
)

/**
 * The object whose methods call the functions of a module. Arguments are checked and written before anything is sent, and
 * replies are read, by the shapes of the contract.
 *
 * @param call makes a call; what it throws is what the method rejects with
 * @throws {EtfError} `ETF_BAD_OPTION`
 */
export function contractClient<Client extends object>(contract: Contract<Client>, call: MakeCall): Client {
  checks.argument('contractClient', 'contract', contractRule, contract)
  checks.argument('contractClient', 'call', callRule, call)
  const { module, functions } = contract
  // Without a prototype: `toString` or `constructor` may be functions of the module, and are nothing else.
  const client = Object.create(null) as Record<string, unknown>
  for (const [known, each] of Object.entries(functions)) {
    const method = async (...args: unknown[]): Promise<unknown> => {
      const { args: terms, gives } = writeCall(module, each, args)
      return readReply(`${module}:${each.name}/${args.length}`, gives, await call(each.name, terms))
    }
    Object.defineProperty(client, known, { value: method, enumerable: true })
  }
  return Object.freeze(client) as Client
}
