import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ERL } from '@dynsrv/tools/beam'
import fc from '@dynsrv/tools/property'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { expect, it } from 'vitest'
import { hostsIn, hostsText } from '../../src/answers/hosts-file.ts'
import { erlangHosts } from '../../src/index.ts'
import { FakeMembership } from '../fake-membership.ts'

/** What stands in quotes: all that Erlang reads there in a way of its own, and what it refuses. */
const QUOTED_PARTS = [
  ...['a', '.', 'test', '-', ' ', '\n', '\t', '\0', '%', '$', '{', 'é', '日', '\u00a0', '\ufffe'],
  ...['\\n', '\\s', '\\e', '\\d', '\\z', '\\M', '\\\n', '\\\0', "\\'", '\\"', '\\\\', '\\é', '\\日'],
  ...[
    '\\^a',
    '\\^A',
    '\\^[',
    '\\^~',
    '\\^é',
    '\\^\\n',
    '\\^',
    '\\x41',
    '\\x4',
    '\\xzz',
    '\\101',
    '\\8',
    '\\777',
    '\\08',
  ],
  ...['\\x{41}', '\\x{0000041}', '\\x{}', '\\x{ 41}', '\\x{110000}', '\\x{d800}', '\\x{fffe}', '\\x{1F600}'],
]
/** Terms, and what looks like one. */
const TERMS = [
  ...['one', 'local_host@1', 'end', 'größe', 'ª', 'ÿ', '×', 'x÷y', '日', 'a日', 'One', '_x', 'a'.repeat(256)],
  ...[`'${'a'.repeat(255)}'`, `'${'a'.repeat(256)}'`, "''", '""', '"a" "b"', '"a"%x\n"b"', '"a" \'b\'', "'a' 'b'"],
  ...[
    '[]',
    '[ ]',
    '[%c\n]',
    "['a']",
    '["one"]',
    '[104,105]',
    '[$h,$i]',
    '[104|"i"]',
    '[$a|$b]',
    '[$a|[]]',
    '[$ ]',
    '[0]',
    '[-1]',
  ],
  ...[
    '[16#41]',
    '[1_0]',
    '[1.0]',
    '[256]',
    '[55296]',
    '[1114112]',
    '[$日]',
    '[$\\x41]',
    '[$\\^a]',
    '[ $a , $\\n ]',
    '[16#4g]',
  ],
  ...[
    '17',
    '$a',
    '-1',
    '1.5',
    '{}',
    '#{}',
    '()',
    '(one)',
    '<<>>',
    'a.b',
    'one:two',
    '?x',
    '!',
    '"a"++"b"',
    'fun one/1',
    '[].',
  ],
]
const GAPS = ['', '', '', ' ', '\n', '\t', '%c\n', '\u00a0', '\0', '\r', '\u0085', '\u2028', '% é\n']
const ENDS = ['.', '.', '.', '.\n', '. ', '', '..', '.%x', ' .\t', '.x', '.\u00a0', '.\0']

/** Files of one or two terms, the same ones each time. */
function generated(count: number): readonly string[] {
  const pick = (parts: readonly string[]) => fc.constantFrom(...parts)
  const quoted = (quote: string) =>
    fc.array(pick(QUOTED_PARTS.filter((part) => !part.includes(quote) || part.startsWith('\\'))), { maxLength: 3 })
  const term = fc.oneof(
    quoted("'").map((parts) => `'${parts.join('')}'`),
    quoted('"').map((parts) => `"${parts.join('')}"`),
    pick(TERMS),
  )
  const ended = fc.tuple(pick(GAPS), term, pick(GAPS), pick(ENDS)).map((parts) => parts.join(''))
  return fc
    .sample(fc.array(ended, { minLength: 1, maxLength: 2 }), { numRuns: count, seed: 15 })
    .map((all) => all.join(''))
}

const FILES: readonly string[] = [
  '',
  '\n\n% nobody\n',
  "'one.test'.\n'two.test'.\n",
  "'one.test'. 'two.test'.",
  "'one.test'.'two.test'.",
  "'one.test'\n.\n",
  "'one.test' % ours\n  . % and that is all",
  "'one.test'.%\n'two.test'.",
  "'one.test'",
  "'one.test'\n'two.test'.\n",
  'localhost.',
  'local_host@1.',
  'Localhost.',
  '_host.',
  'one.test.',
  'one-test.',
  'end.',
  'not. and.',
  '"one.test".',
  '"one" ".test".',
  '"one"\n% still it\n".test" . "two.test".',
  "'one' '.test'.",
  "'one.test.",
  '"one.test.',
  "'it''s'.",
  "'it\\'s'. 'a\\\\b'.",
  "'\\x61\\x{62}\\143\\s\\n'.",
  "'one\ntest'.",
  'größe. über.',
  "'größe.test'.",
  '÷.',
  "'one.test'..",
  '.',
  "'one.test', 'two.test'.",
  "'one.test'.\n\u00a0'two.test'.\u00a0",
  "'one.test'.\r\n'two.test'.\r\n",
  '[].',
  '[104,105].',
  '[$h | "i"] .',
  "'\\^a'.",
  ...generated(600),
]

/** The hosts that Erlang reads, file by file; `refused` for a file that it does not read, or that holds what is no host. */
async function readByErlang(): Promise<readonly unknown[]> {
  const folder = temporaryFolder('hosts')
  await Promise.all(FILES.map((text, at) => writeFile(join(folder, `${at}`), text)))
  const read = `
    Text = fun(Host) when is_atom(Host) -> atom_to_binary(Host); (Host) -> unicode:characters_to_binary(Host) end,
    IsHost = fun(Host) when is_list(Host) -> (catch lists:all(fun(C) -> is_integer(C) end, Host)) =:= true andalso is_binary(catch Text(Host));
                (Host) -> is_atom(Host) end,
    [case file:consult("${folder}/" ++ integer_to_list(At)) of
       {ok, Hosts} ->
         case lists:all(IsHost, Hosts) of
           true -> io:format("~s~n", [lists:join(" ", ["ok" | [base64:encode(Text(Host)) || Host <- Hosts]])]);
           false -> io:format("refused~n")
         end;
       {error, _} -> io:format("refused~n")
     end || At <- lists:seq(0, ${FILES.length - 1})], halt().`
  const { stdout } = await promisify(execFile)(ERL, ['-noshell', '-eval', read])
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [result, ...hosts] = line.split(' ')
      return result === 'ok' ? hosts.map((host) => Buffer.from(host, 'base64').toString()) : result
    })
}

function readByUs(text: string): unknown {
  try {
    return hostsIn(text, '.hosts.erlang')
  } catch (error) {
    expect(error).toMatchObject({
      code: 'STRATEGY_SOURCE_MALFORMED',
      hint: expect.stringMatching(/'host\.example'\.$/),
    })
    return 'refused'
  }
}

it('a .hosts.erlang is read as Erlang reads it', async () => {
  const expected = await readByErlang()
  expect(expected).toHaveLength(FILES.length)
  expect(FILES.map((text) => [text, readByUs(text)])).toStrictEqual(FILES.map((text, at) => [text, expected[at]]))
})

it.each([
  '17.',
  '{10,0,0,1}.',
  "['one.test', 'two.test'].",
  '<<"one.test">>.',
  '[[104]].',
])('the term %s is a term, and no host', (text) => expect(readByUs(text)).toBe('refused'))

it('says where the fault is', () => {
  expect(() => hostsIn("'one.test'.\n% two\nTwo.\n", '/etc/hosts.erlang')).toThrow(
    "/etc/hosts.erlang, line 3: 'Two.' is not a host",
  )
  expect(() => hostsIn("'one.test'\n'two.test'.", 'x')).toThrow("x, line 2: no dot ends the host 'one.test'")
})

it('erlangHosts: a file that Erlang refuses is a failure, not "nobody"', async () => {
  const path = join(temporaryFolder('hosts'), '.hosts.erlang')
  await writeFile(path, 'one.test.\n')
  await using strategy = erlangHosts(new FakeMembership(), { path, names: () => [] })
  strategy.start()
  for await (const change of strategy.events()) {
    if (change.type !== 'discoveryFailed') continue
    expect(change.cause).toMatchObject({ code: 'STRATEGY_SOURCE_MALFORMED' })
    return
  }
})

it('is UTF-8, or Latin-1 where a comment says so', () => {
  const bytes = (...parts: (string | number)[]) =>
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))))
  const read = (text: Uint8Array) => hostsIn(hostsText(text, 'x'), 'x')
  expect(read(bytes("'gr\u00fc\u00df'.\n"))).toStrictEqual(['grüß'])
  expect(read(bytes("%% -*- coding: latin-1 -*-\n'gr", 0xfc, "'.\n"))).toStrictEqual(['grü'])
  expect(read(bytes("\n%% coding: latin-1\n'gr", 0xfc, "'.\n"))).toStrictEqual(['grü'])
  expect(() => read(bytes("'gr", 0xfc, "'.\n"))).toThrow(expect.objectContaining({ code: 'STRATEGY_SOURCE_MALFORMED' }))
  expect(() => read(bytes("\n\n%% coding: latin-1\n'gr", 0xfc, "'.\n"))).toThrow('not UTF-8')
})
