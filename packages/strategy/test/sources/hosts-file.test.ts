import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ERL } from '@dynsrv/tools/beam'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { expect, it } from 'vitest'
import { hostsIn } from '../../src/answers/hosts-file.ts'
import { erlangHosts } from '../../src/index.ts'
import { FakeMembership } from '../fake-membership.ts'

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
]

/** The hosts that Erlang reads, file by file; `refused` for a file that it does not read. */
async function readByErlang(): Promise<readonly unknown[]> {
  const folder = temporaryFolder('hosts')
  await Promise.all(FILES.map((text, at) => writeFile(join(folder, `${at}`), text)))
  const read = `
    Text = fun(Host) when is_atom(Host) -> atom_to_binary(Host); (Host) -> unicode:characters_to_binary(Host) end,
    [case file:consult("${folder}/" ++ integer_to_list(At)) of
       {ok, Hosts} -> io:format("~s~n", [lists:join(" ", ["ok" | [base64:encode(Text(Host)) || Host <- Hosts]])]);
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
