import { DynsrvError } from '@dynsrv/cluster'
import { atom, inspect, type Term, Tuple, toJson } from '@dynsrv/etf'
import type { Command } from '../command.ts'
import { FOOT, withTerms } from '../options/command-options.ts'
import { withConfig } from '../peer/with-config.ts'
import { withNode } from '../peer/with-node.ts'

import { raised, resultText } from '../term/printed.ts'
import { type CallOptions, syntaxOf } from '../term/written-call.ts'
import { writeLine } from '../terminal/output.ts'

/** Evaluates an expression at a BEAM node and prints its value. @returns the exit code */
export async function evaluate(options: CallOptions, node: string, expression: string) {
  const syntax = syntaxOf(options, 'erlang')
  if (syntax === 'json') {
    throw new DynsrvError('DYNSRV_BAD_OPTION', 'JSON has no expressions', { hint: 'Use --syntax erlang or elixir.' })
  }
  return withNode(options, node, async (us, peer, timeoutMs, masked) => {
    const erpc = (module: string, fun: string, args: readonly Term[]) => us.erpc(peer, module, fun, args, { timeoutMs })
    try {
      const value =
        syntax === 'erlang'
          ? await erlang(erpc, expression)
          : element(await erpc('Elixir.Code', 'eval_string', [expression]), 0)
      writeLine(masked(resultText(value, syntax, options)))
    } catch (error) {
      throw raised(error, 'the expression', peer, masked)
    }
  })
}

type Erpc = (module: string, fun: string, args: readonly Term[]) => Promise<Term>

async function erlang(erpc: Erpc, expression: string): Promise<Term> {
  const text = await erpc('unicode', 'characters_to_list', [`${expression.replace(/\.?\s*$/, '')} .`])
  const scanned = await erpc('erl_scan', 'string', [text, START])
  await check(erpc, scanned, expression)
  const parsed = await erpc('erl_parse', 'parse_exprs', [element(scanned)])
  await check(erpc, parsed, expression)
  return element(await erpc('erl_eval', 'exprs', [element(parsed), []]))
}

const START = new Tuple([1, 1])

/** `{error, {{Line, Column}, Module, What}, …}` becomes an error with the column. */
async function check(erpc: Erpc, result: Term, expression: string): Promise<void> {
  if (!(result instanceof Tuple) || result.elements[0] !== atom('error')) return
  const [place, module, what] = (element(result) as Tuple).elements as readonly Term[]
  const described = await erpc(inspect(module), 'format_error', [what])
  const text = await erpc('unicode', 'characters_to_binary', [described])
  const [line, column] = place instanceof Tuple ? place.elements.map(Number) : []
  const at = column === undefined ? '' : ` at ${line === 1 ? '' : `line ${line}, `}column ${column}`
  // Where the parser stumbles over our own full stop, what was typed ends too soon.
  const short = line === expression.split('\n').length && column! > (expression.split('\n').at(-1)?.length ?? 0)
  const said = short ? `the expression ends too soon: ${toJson(text)}` : `${toJson(text)}${at}`
  throw new DynsrvError('DYNSRV_BAD_TERM', said, {
    hint: 'Write an Erlang expression, or choose --syntax elixir.',
  })
}

function element(term: Term, at = 1): Term {
  return term instanceof Tuple ? (term.elements[at] as Term) : term
}

export const command: Command = {
  summary: 'evaluate an expression at a BEAM node',
  group: 'Talk to a node',
  place: 13,
  declare: (declared, { runs }) =>
    withTerms(
      declared
        .description('Evaluates an Erlang expression at a BEAM node, or an Elixir one with --syntax elixir.')
        .argument('<node>')
        .argument('<expression>'),
    )
      .addHelpText('after', HELP)
      .action(runs(withConfig(['dns', 'link'], evaluate))),
}

const HELP = `
Examples:
  $ dynsrv eval api-1@my-service.test 'length(processes())'
  $ dynsrv eval api-1@my-service.test 'Enum.sum(1..10)' --syntax elixir

${FOOT}
Exit codes: 0 the expression has a value, 1 it raised or the node was not reached, 2 bad arguments, environment or syntax.
`
