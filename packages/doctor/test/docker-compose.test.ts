// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Compose are written so

import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { realWorld } from '@dynsrv/kit'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { describe, expect, it } from 'vitest'
import { COMPOSE_CASES, SECRET } from './compose-cases.ts'
import { pathsOf, withFiles } from './compose-examination.ts'
import { errorsOf, examineAs, warningsOf } from './examination.ts'

const PAIR = COMPOSE_CASES.find(({ what }) => what === 'a pair as it should be')!

/** A configuration as Compose prints it, in which a node has another name than in the file. */
const PRINTED = JSON.stringify({
  name: 'shop',
  networks: { default: { name: 'shop_default' } },
  services: Object.fromEntries(
    ['a', 'b'].map((name) => [
      name,
      {
        hostname: `${name}.shop`,
        networks: { default: null },
        environment: {
          RELEASE_DISTRIBUTION: 'name',
          RELEASE_NODE: `app@${name}.said`,
          CLUSTER_STRATEGY: 'epmd',
          RELEASE_COOKIE: 'x',
        },
      },
    ]),
  ),
})
/** What nobody would find in the file itself. */
const SAID = ['C04 DOCTOR_COMPOSE_NAME']

const NO_PLUGIN = 'echo "docker: unknown command: docker compose" >&2; exit 1'
const compose = (config: string, version = '2.40.3') => `case "$*" in *version*) echo ${version};; *) ${config};; esac`

/** A folder for the PATH with programs in it, which are shell scripts. */
async function programs(scripts: Readonly<Record<string, string>>): Promise<string> {
  const folder = temporaryFolder('docker')
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`)
    await chmod(join(folder, name), 0o755)
  }
  return `${folder}:/usr/bin:/bin`
}

/** Examines the good pair where these programs are found. */
async function examined(scripts: Readonly<Record<string, string>>, timeoutMs = 20_000) {
  const PATH = await programs(scripts)
  return await withFiles(PAIR, (folder) => examineAs({ compose: pathsOf(PAIR, folder), env: { PATH }, timeoutMs }))
}

describe("Docker's own Compose", () => {
  it.each([
    ['as a plugin', { docker: compose(`echo '${PRINTED}'`) }],
    ['as a plugin, before the program', { docker: compose(`echo '${PRINTED}'`), 'docker-compose': compose('exit 9') }],
    ['as a program', { 'docker-compose': compose(`echo '${PRINTED}'`) }],
    [
      'as a program beside a docker without plugin',
      { docker: NO_PLUGIN, 'docker-compose': compose(`echo '${PRINTED}'`, 'v2.3.1') },
    ],
  ])('has the last word: %s', async (_what, scripts) => {
    const found = await examined(scripts)
    expect(errorsOf(found)).toEqual(SAID)
    expect(found.text).toContain('a.said')
  })

  it.each([
    ['nothing', {}],
    ['a docker without plugin', { docker: NO_PLUGIN }],
    ['the first version, which prints no JSON', { 'docker-compose': compose('exit 9', '1.29.2') }],
    ['programs that are something else', { docker: 'echo hello', 'docker-compose': 'exit 7' }],
  ])('is not missed where there is %s', async (_what, scripts) => {
    const found = await examined(scripts)
    expect([errorsOf(found), warningsOf(found)]).toEqual([[], []])
  })

  it.each([
    [
      'refuses the file',
      'echo "level=warning msg=x" >&2; echo "service a refers to undefined network z" >&2; exit 15',
      /refuses the file: service a refers to undefined network z/,
    ],
    [
      'shows a secret',
      `echo 'failed to read .env: Invalid template: "${SECRET}\${"' >&2; exit 1`,
      /refuses the file: failed to read \.env: Invalid template/,
    ],
    ['says nothing', 'exit 1', /it said nothing/],
    ['prints no JSON', 'echo services:', /not valid JSON/],
  ])('is passed over, and its word is told, where it %s', async (_what, config, says) => {
    const found = await examined({ docker: compose(config) })
    expect([errorsOf(found), warningsOf(found)]).toEqual([[], ['C09 DOCTOR_COMPOSE_READING']])
    expect(found.verdicts[0]?.message).toMatch(says)
    expect(found.text).not.toContain(SECRET)
  })

  it('does not keep the doctor waiting', async () => {
    const found = await examined({ docker: compose('exec sleep 600') }, 300)
    expect([errorsOf(found), warningsOf(found)]).toEqual([[], ['C09 DOCTOR_COMPOSE_READING']])
    expect(found.verdicts[0]?.message).toMatch(/did not answer in time/)
  })

  it('gets all files in their order, standard input, and something for each variable that nobody sets', async () => {
    const folder = temporaryFolder('asked')
    const PATH = await programs({
      docker: compose(`echo "$*" > ${folder}/args; echo "$C" > ${folder}/c; cat > ${folder}/input; echo '${PRINTED}'`),
    })
    const input = PAIR.files['compose.yaml']!
    const over = join(folder, 'over.yaml')
    await writeFile(over, 'services: {a: {image: "${IMAGE:-app}"}}')
    const found = await examineAs({ compose: ['-', over], composeInput: input, env: { PATH } })
    expect(errorsOf(found)).toEqual(SAID)
    const written = (name: string) => readFile(join(folder, name), 'utf8')
    expect(await written('args')).toBe(`compose -f - -f ${over} config --format json\n`)
    expect(await written('input')).toBe(input)
    expect(await written('c')).toBe('DYNSRV_UNSET_C_DYNSRV_UNSET\n')
  })

  it('is asked again without that where it refuses it', async () => {
    const found = await examined({
      docker: compose(`[ -z "$C" ] || { echo "C is no number" >&2; exit 1; }; echo '${PRINTED}'`),
    })
    expect([errorsOf(found), warningsOf(found)]).toEqual([SAID, []])
  })

  it('is not looked for in a world without programs', async () => {
    const PATH = await programs({ docker: compose(`echo '${PRINTED}'`) })
    const found = await withFiles(PAIR, (folder) =>
      examineAs({ compose: pathsOf(PAIR, folder), env: { PATH }, world: realWorld }),
    )
    expect(errorsOf(found)).toEqual([])
  })
})

it('a Compose file on standard input is read from the folder that we are in', async () => {
  const found = await examineAs({
    compose: ['-'],
    composeInput: PAIR.files['compose.yaml']!.replace('app@a.shop', 'app@x.shop'),
  })
  expect(errorsOf(found)).toEqual(SAID)
})
