import { ANY, leaf, type Type } from './type.ts'

const CHARDATA = leaf('string', 't.chardata()')
const DATE = leaf('PlainDate', 't.instance(PlainDate)', '=PlainDate')
const RANGE = leaf('Range', 't.instance(Range)', '=Range')
const set = ([of = ANY]: readonly Type[]): Type => ({ is: 'set', of })

/**
 * Types of modules that have a value of their own in JavaScript, whichever way a node decodes them. A `=` before a name
 * says that its class is needed too.
 */
export const KNOWN: ReadonlyMap<string, (args: readonly Type[]) => Type> = new Map(
  Object.entries({
    'Elixir.String:t/0': () => leaf('string', 't.text()'),
    'unicode:chardata/0': () => CHARDATA,
    'Elixir.IO:chardata/0': () => CHARDATA,
    'Elixir.Date:t/0': () => DATE,
    'Elixir.DateTime:t/0': () => leaf('Date', 't.instance(Date)'),
    'Elixir.NaiveDateTime:t/0': () => leaf('PlainDateTime', 't.instance(PlainDateTime)', '=PlainDateTime'),
    'Elixir.Time:t/0': () => leaf('PlainTime', 't.instance(PlainTime)', '=PlainTime'),
    'Elixir.Decimal:t/0': () => leaf('Decimal', 't.instance(Decimal)', '=Decimal'),
    'Elixir.Version:t/0': () => leaf('Version', 't.instance(Version)', '=Version'),
    'Elixir.Range:t/0': () => RANGE,
    'Elixir.Range:t/2': () => RANGE,
    'Elixir.MapSet:t/0': set,
    'Elixir.MapSet:t/1': set,
  }),
)
