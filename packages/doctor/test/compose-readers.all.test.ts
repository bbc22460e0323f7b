// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Compose are written so

import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { realPrograms } from '@dynsrv/kit'
import { dockerComposeProgram } from '@dynsrv/tools/docker-compose'
import fc from '@dynsrv/tools/property'
import { expect, it } from 'vitest'
import { type ComposeProject, projectOf } from '../src/compose/compose-project.ts'
import { askCompose } from '../src/compose/docker-compose.ts'
import { readCompose } from '../src/compose/own-reader.ts'
import { withFiles } from './compose-examination.ts'

const PATH = dirname(dockerComposeProgram())

const value = fc.constantFrom(
  ...[
    'x',
    'a b',
    '${A}',
    '${B:-d}',
    '${U}',
    '$A',
    '${U:-${A}}',
    '${E:-q}',
    '${E-q}',
    '${A:+y}',
    '${U+z}',
    'p$$q',
    '${U:-}',
  ],
  ...['${A}-${U}', 'http://db:5432/', '"q"', "it's", '#h', 'a#b', '${DOT}', '${U-$A}', '$(x)', 'a$'],
)
const scalar = fc.constantFrom(
  '',
  '~',
  '1',
  '1.50',
  'true',
  '010',
  '0x1f',
  '1e2',
  'yes',
  '1_000',
  '.5',
  '12345678901234567890',
)
const setting = fc.constantFrom('K1', 'K2', 'K3', 'RELEASE_NODE', 'RELEASE_COOKIE')
const quoted = (text: string) => JSON.stringify(text)

const environment = fc.oneof(
  fc
    .uniqueArray(fc.tuple(setting, fc.option(value)), { selector: ([name]) => name })
    .map((pairs) => `[${pairs.map(([name, text]) => quoted(text === null ? name : `${name}=${text}`)).join(', ')}]`),
  fc
    .uniqueArray(fc.tuple(setting, fc.oneof(value.map(quoted), scalar)), { selector: ([name]) => name })
    .map((pairs) => `{${pairs.map(([name, text]) => `${name}: ${text}`).join(', ')}}`),
)
/** Fields of a service, with the forms that each may have. */
const fields = {
  hostname: fc.constantFrom('h1', '"h.${A}"', '"h.${U}"'),
  domainname: fc.constantFrom('dom'),
  environment,
  env_file: fc.constantFrom(
    'e1.env',
    '[e1.env, e2.env]',
    '[{path: e1.env}, {path: none.env, required: false}]',
    '[e2.env, e1.env]',
  ),
  networks: fc.constantFrom(
    '[n1]',
    '[n1, n2]',
    '{n1: , n2: {aliases: [al, "al.${A}"]}}',
    '{n2: {ipv4_address: 10.1.1.1}}',
    '[default, n2]',
  ),
  extra_hosts: fc.constantFrom(
    '["b.x:10.0.0.1", "c=10.0.0.2"]',
    '{b.x: 10.0.0.9}',
    '["d:::1"]',
    '{e: [10.0.0.1, 10.0.0.2]}',
  ),
  command: fc.constantFrom(
    ...['bin/app start', '["bin/app", "eval", "X.y()"]', '[]', '""', 'null', 'a && b', 'x ${A} ${U}', 'a > b'],
    ...[quoted('sh -c "a && b $$X \'q r\'"'), quoted('a \'b c\' "d \\"e" f\\ g ; h')],
  ),
  entrypoint: fc.constantFrom('["/e", "f"]', '/e f', '[]', 'null'),
  profiles: fc.constantFrom('[p1]', '[p1, p2]', '[]'),
  deploy: fc.constantFrom('{replicas: 3}', '{replicas: 0}', '{mode: global}'),
  secrets: fc.constantFrom('[s1]', '[{source: s1, target: x}]'),
  volumes: fc.constantFrom('["./x:/root/.erlang.cookie"]'),
}
type Service = Readonly<Record<string, string>>
/** Any of these. */
function some<T>(given: Readonly<Record<string, fc.Arbitrary<T>>>): fc.Arbitrary<Readonly<Record<string, T>>> {
  return fc.record(given, { requiredKeys: [] }).map((found) => found as Readonly<Record<string, T>>)
}

const service: fc.Arbitrary<Service> = some(fields)
const waiting = some({
  ...fields,
  depends_on: fc.constantFrom('[a]', '{a: {condition: service_healthy}}'),
  links: fc.constantFrom('[a]', '["a:al"]'),
})
const extending = some({
  ...fields,
  extends: fc.constantFrom(
    'a',
    '{service: b}',
    '{file: base/base.yml, service: base}',
    '{file: base/base.yml, service: mid}',
  ),
})
/** What a later file says: some of it takes the place of all before, or takes it away. */
const overriding = service.chain((given) =>
  fc.array(fc.constantFrom('', '', '!override', '!reset'), { minLength: 12, maxLength: 12 }).map((tags) =>
    Object.fromEntries(
      Object.entries(given).map(([name, text], at) => {
        const isWhole = /^[[{]/.test(text)
        const tag = tags[at] === '!override' && !isWhole ? '' : tags[at]
        return [name, tag === '!reset' ? '!reset null' : `${tag} ${text}`]
      }),
    ),
  ),
)

const text = (services: Readonly<Record<string, Service>>) =>
  `services:\n${Object.entries(services)
    .map(
      ([name, given]) =>
        `  ${name}:\n    image: app\n${Object.entries(given)
          .map(([key, one]) => `    ${key}: ${one}\n`)
          .join('')}`,
    )
    .join('')}`

const files = fc
  .record({
    services: fc.record({ a: service, b: waiting, c: extending }),
    over: fc.option(some({ a: overriding, b: overriding, c: overriding })),
    base: fc.record({ base: service, mid: service.map((given) => ({ ...given, extends: 'base' })) }),
    name: fc.constantFrom('', 'name: shop\n', 'name: "s-${A}"\n'),
    include: fc.constantFrom(
      '',
      ...[
        '[inc/inc.yml]',
        '[{path: inc/inc.yml, project_directory: .}]',
        '[{path: [inc/inc.yml, inc/inc2.yml]}]',
        '[{path: inc/inc.yml, env_file: inc/other.env}]',
      ].map((one) => `include: ${one}\n`),
    ),
    variables: fc.constantFrom('', 'COMPOSE_PROFILES=p2\n', 'COMPOSE_PROJECT_NAME=fromenv\n'),
    last: fc.constantFrom('K7=${U}', 'K7=$$x', 'K7=a # c', 'K7=${A:-z}', "K7='$A'", 'K7="a\\tb"'),
  })
  .map(({ services, over, base, name, include, variables, last }) => ({
    'compose.yaml': `${name}${include}${text(services)}networks: {n1: {}, n2: {name: real2}}\nsecrets: {s1: {file: ./s}}\n`,
    ...(over !== null && Object.keys(over).length > 0 && { 'over.yaml': text(over) }),
    '.env': `A=aval\nDOT="d o t"\nE=\n${variables}`,
    'e1.env': `K1=e1-\${A}\nK4="q \${K1}"\n# c\nexport K5='lit $A'\n${last}\n`,
    'e2.env': 'K1=e2\nK2=${K1}\nA=fromfile\nK8=${A}\n',
    'base/base.yml': text(base),
    'base/e1.env': 'K1=base-e1\n',
    'base/e2.env': 'K9=base-e2\n',
    'inc/inc.yml':
      'services: {inc: {image: app, environment: {RELEASE_NODE: "${A}", K: "${INC}"}, env_file: i.env}}\nnetworks: {n3: {}}\n',
    'inc/inc2.yml': 'services: {inc: {environment: [RELEASE_NODE=inc2], networks: [n3]}}\n',
    'inc/.env': 'A=inner\nINC=inc\n',
    'inc/other.env': 'INC=other\n',
    'inc/i.env': 'I=${INC}${A}\n',
    'i.env': 'I=outer\n',
  }))

/** Compose prints services by name. */
function sorted({ name, services }: ComposeProject): ComposeProject {
  return { name, services: services.toSorted((a, b) => (a.name < b.name ? -1 : 1)) }
}

it('our reader makes of any files what Compose makes of them, unless it refuses them', async () => {
  let compared = 0
  const property = fc.asyncProperty(files, (given) =>
    withFiles({ files: given }, async (folder) => {
      const paths = ['compose.yaml', 'over.yaml'].filter((path) => path in given).map((path) => join(folder, path))
      const env = { HOME: '/nonexistent' }
      const own = await readCompose({ files: paths, env, folder, read: (path) => readFile(path, 'utf8') })
      const answer = await askCompose(realPrograms, { files: paths, env: { ...env, PATH } }, own, () =>
        AbortSignal.timeout(30_000),
      )
      if (answer.kind !== 'configuration') return
      compared += 1
      expect(sorted(projectOf(own.configuration))).toEqual(sorted(projectOf(answer.configuration)))
    }),
  )
  await fc.assert(property, { numRuns: 200 })
  // Compose refuses a few: services whose container is waited for and left out, and such.
  expect(compared).toBeGreaterThan(100)
}, 300_000)
