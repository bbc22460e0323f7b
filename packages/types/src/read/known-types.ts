import { BUILT_IN } from './built-in.ts'
import { ANY, leaf, type Type } from './type.ts'

const CHARDATA = leaf('string', 't.chardata()')
const DATE = leaf('PlainDate', 't.instance(PlainDate)', '=PlainDate')
const RANGE = leaf('Range', 't.instance(Range)', '=Range')
const ATOM = BUILT_IN.atom!
const keyword = ([of = ANY]: readonly Type[]): Type => ({
  is: 'list',
  of: { is: 'tuple', elements: [{ of: ATOM }, { of }] },
  nonEmpty: false,
})
const set = ([of = ANY]: readonly Type[]): Type => ({ is: 'set', of })

/**
 * Types of modules that have a value of their own in JavaScript, whichever way a node decodes them. A `=` before a name
 * says that its class is needed too.
 *
 * Elixir writes its own built-in types as those of the module `elixir`. They are known here, so that a program's compiled files
 * give the same without those of Elixir.
 */
export const KNOWN: ReadonlyMap<string, (args: readonly Type[]) => Type> = new Map(
  Object.entries({
    'Elixir.String:t/0': () => leaf('string', 't.text()'),
    'unicode:chardata/0': () => CHARDATA,
    'Elixir.IO:chardata/0': () => CHARDATA,
    'elixir:keyword/0': keyword,
    'elixir:keyword/1': keyword,
    'Elixir.Keyword:t/0': keyword,
    'Elixir.Keyword:t/1': keyword,
    'elixir:as_boolean/1': ([of = ANY]) => of,
    'elixir:charlist/0': () => BUILT_IN.string!,
    'elixir:char_list/0': () => BUILT_IN.string!,
    'elixir:nonempty_charlist/0': () => BUILT_IN.nonempty_string!,
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
