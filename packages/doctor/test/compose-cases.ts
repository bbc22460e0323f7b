// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Compose are written so

/** A secret that no report may show. */
export const SECRET = 'k3Yd8-Vq71-xRm2-Zt94-Lw06'

/** Compose files, and what the doctor says about them. */
export interface ComposeCase {
  readonly what: string
  /** By path; the first one is looked at, unless `looksAt` says otherwise. */
  readonly files: Readonly<Record<string, string>>
  readonly looksAt?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Checks that find an error, the first cause first. */
  readonly errors?: readonly string[]
  readonly warnings?: readonly string[]
  readonly says?: RegExp
  readonly not?: RegExp
  /** What only our own reader cannot know, or only Compose refuses: then the two readers differ, and this is why. */
  readonly differs?: string
}

/** One node: `name` and `host`, and lines that are added to the service. */
function node(name: string, host: string, ...more: readonly string[]): string {
  const lines = [`hostname: ${host}`, ...more].map((line) => `\n    ${line}`).join('')
  return `
  ${name}:
    image: app${lines}
    environment:
      RELEASE_DISTRIBUTION: name
      RELEASE_NODE: app@${host}
      RELEASE_COOKIE: \${C}
      CLUSTER_STRATEGY: epmd`
}

const PAIR = node('a', 'a.shop') + node('b', 'b.shop')

/** A file with these services, of the project shop. */
function shop(services: string, rest = ''): Record<string, string> {
  return { 'compose.yaml': `name: shop\nservices:${services}\n${rest}` }
}

/** Two nodes of which the settings are given for each. */
function two(a: string, b: string, rest = ''): Record<string, string> {
  const service = (name: string, given: string) =>
    `\n  ${name}:\n    image: app\n    ${given.trim().replaceAll('\n', '\n    ')}`
  return shop(service('a', a) + service('b', b), rest)
}

const env = (name: string, more = '') =>
  `environment: {RELEASE_DISTRIBUTION: name, RELEASE_NODE: ${JSON.stringify(name)}, RELEASE_COOKIE: "\${C}", CLUSTER_STRATEGY: epmd${more}}`
const short = (name: string) => `environment: {RELEASE_NODE: ${name}, RELEASE_COOKIE: "\${C}", CLUSTER_STRATEGY: epmd}`

/** Fields whose lists are joined, with numbers in them. */
const FILES_WITH_NUMBERS = `secrets: [{source: erlang, target: /one, mode: 0400}]
configs: [{source: app, target: /one, mode: 0440}]
volumes: [{type: tmpfs, target: /one, tmpfs: {size: 1_000_000, mode: 01777}}]`

/** How Compose reads files: what each service comes to. */
const READING: readonly ComposeCase[] = [
  { what: 'a pair as it should be', files: shop(PAIR) },
  {
    what: 'variables of .env, of which those of the shell come first',
    files: {
      ...two(`hostname: a.\${NET}\n${env('app@a.${NET}')}`, `hostname: b.shop\n${env('app@b.${NET:-shop}')}`),
      '.env': 'NET=wrong\nC=from-the-file\n',
    },
    env: { NET: 'shop' },
  },
  {
    what: 'every form of a variable',
    files: two(
      `hostname: a.\${SET:+shop}\n${env('app@a.${NONE:-${SET:+sh}}${SET+op}')}`,
      `hostname: b.$SET\n${env('app@b.${SET-x}')}`.replaceAll('b.$SET', 'b.${EMPTY:-${SET}}'),
    ),
    env: { SET: 'shop', EMPTY: '' },
    errors: [],
    says: /^(?!.*app@b\.shop of b)/,
  },
  {
    what: 'a variable that is set and empty, with and without a colon',
    files: two(
      `hostname: "a\${EMPTY-x}.shop"\n${env('app@a.shop')}`,
      `hostname: "b\${EMPTY:-x}.shop"\n${env('app@bx.shop')}`,
    ),
    env: { EMPTY: '' },
  },
  {
    what: 'a default of which the braces are nested',
    files: two(
      `hostname: a.shop\n${env('app@a.${X:-${Y:-shop}}')}`,
      `hostname: b.shop\n${env('app@b.${X:-sh${Y-op}}')}`,
    ),
  },
  {
    what: 'a dollar sign that is none of a variable',
    files: two(`hostname: a.shop\n${env('app@$(hostname)')}`, `hostname: b.shop\n${env('app@b.shop')}`),
  },
  ...['${host name}', '${X', '${}', '${X:=a}', '${X/a/b}', '${X:-${Y}'].map(
    (text): ComposeCase => ({
      what: `a variable that is written ${text}`,
      files: two(`hostname: a.shop\n${env(`app@${text}`)}`, `hostname: b.shop\n${env('app@b.shop')}`),
      errors: ['C01'],
      says: /services\.a\.environment\.RELEASE_NODE.*\$\$/,
    }),
  ),
  {
    what: 'a variable that must be set, and is not',
    files: shop(PAIR.replaceAll('${C}', '${C:?set C in .env}')),
  },
  {
    what: 'one variable in three forms',
    files: shop(PAIR.replace('${C}', '${C:?set it}').replace('${C}', '$C') + node('c', 'c.shop')),
  },
  {
    what: 'quotation marks, comments and export in .env',
    files: {
      ...two(`hostname: a.shop\n${env('app@a.${N}')}`, `hostname: b.shop\n${env('app@b.${M}')}`),
      '.env': `# the network\nexport N='shop'\nM="\${N}" # the same\n\nC=${SECRET} # secret\n`,
    },
    not: new RegExp(SECRET),
  },
  ...(
    [
      ["'shop$$X' # literal", 'shop$$X'],
      ['"shop\\$X"', 'shop$X'],
      ['sh#op', 'sh#op'],
      ['shop # comment', 'shop'],
      ['"sh${Y:-op}"', 'shop'],
      ["'it\\'s'", "it's"],
      ['a b  c', 'a b  c'],
    ] as const
  ).map(
    ([written, meant]): ComposeCase => ({
      what: `the value ${written} in .env and in an env_file`,
      files: {
        ...two(
          `hostname: a.shop\n${env('app@a.shop', ', ONE: "${V}"').replace('"${C}"', '"${V}"')}`,
          `hostname: b.shop\nenv_file: v.env\nenvironment: {RELEASE_DISTRIBUTION: name, RELEASE_NODE: app@b.shop, RELEASE_COOKIE: ${JSON.stringify(meant.replaceAll('$', '$$$$'))}}`,
        ),
        '.env': `V=${written}\n`,
        'v.env': `export V = ${written}\n`,
      },
      warnings: ['C08'],
    }),
  ),
  {
    what: 'variables in an env_file: those of the files before it come first',
    files: {
      ...two(
        `hostname: a.shop\nenv_file: [one.env, two.env]\nenvironment: [RELEASE_DISTRIBUTION=name, CLUSTER_STRATEGY=epmd, RELEASE_COOKIE=c]`,
        `hostname: b.shop\n${env('app@b.shop').replace('"${C}"', 'c')}`,
      ),
      '.env': 'NET=of-the-project\n',
      'one.env': 'NET=shop\n',
      'two.env': 'NET=wrong\nRELEASE_NODE=app@a.${NET}\n',
    },
    warnings: ['C08'],
  },
  {
    what: 'an env_file as a text, as a list, with required: false, and its settings below those of the service',
    files: {
      ...two(
        `hostname: a.shop\nenv_file: cluster.env\nenvironment: [RELEASE_NODE=app@a.shop]`,
        `hostname: b.shop\nenv_file: [cluster.env, {path: none.env, required: false}]\nenvironment: {RELEASE_NODE: app@b.shop}`,
      ),
      'cluster.env': `RELEASE_DISTRIBUTION=name\nRELEASE_NODE=app@wrong\nRELEASE_COOKIE=${SECRET}\nCLUSTER_STRATEGY=epmd\n`,
    },
    not: new RegExp(SECRET),
  },
  {
    what: 'an env_file that is not here',
    files: two(
      `hostname: a.shop\nenv_file: secret.env\n${env('app@a.shop')}`,
      `hostname: b.shop\n${env('app@b.shop')}`,
    ),
    warnings: ['C09'],
    says: /secret\.env/,
  },
  {
    what: 'settings that may stand in an env_file that is not here',
    files: shop(`
  a:
    image: app
    hostname: a.shop
    env_file: secret.env
    environment: {RELEASE_NODE: app@a.shop, CLUSTER_STRATEGY: epmd}${node('b', 'b.shop')}`),
    warnings: ['C09'],
  },
  {
    what: 'a name without a value, which takes that of the shell or of .env',
    files: {
      ...two(
        'hostname: a.shop\nenvironment: [RELEASE_COOKIE, RELEASE_DISTRIBUTION=name, RELEASE_NODE=app@a.shop, CLUSTER_STRATEGY=epmd]',
        'hostname: b.shop\nenvironment: {RELEASE_COOKIE: , RELEASE_DISTRIBUTION: name, RELEASE_NODE: app@b.shop}',
      ),
      '.env': `RELEASE_COOKIE=${SECRET}\n`,
    },
    not: new RegExp(SECRET),
  },
  {
    what: 'a name without a value, which nobody sets',
    files: two(
      'hostname: a.shop\nenvironment: [RELEASE_COOKIE, RELEASE_DISTRIBUTION=name, RELEASE_NODE=app@a.shop, CLUSTER_STRATEGY=epmd]',
      'hostname: b.shop\nenvironment: {RELEASE_COOKIE: "${RELEASE_COOKIE}", RELEASE_DISTRIBUTION: name, RELEASE_NODE: app@b.shop}',
    ),
  },
  {
    what: 'merge keys of one and of several anchors',
    files: {
      'compose.yaml': `
name: shop
x-a: &a {RELEASE_DISTRIBUTION: name, CLUSTER_STRATEGY: epmd}
x-b: &b {RELEASE_COOKIE: "\${C}"}
services:
  a: {image: app, hostname: a.shop, environment: {<<: [*a, *b], RELEASE_NODE: app@a.shop}}
  b:
    image: app
    hostname: b.shop
    environment:
      <<: *a
      RELEASE_COOKIE: \${C}
      RELEASE_NODE: app@b.shop
`,
    },
  },
  {
    what: 'a service that extends one of another file, whose env_file is beside it',
    files: {
      ...shop(`
  a: {extends: {file: base/node.yaml, service: node}, hostname: a.shop, environment: {RELEASE_NODE: app@a.shop}}
  b: {extends: {file: base/node.yaml, service: node}, hostname: b.shop, environment: [RELEASE_NODE=app@b.shop]}`),
      'base/node.yaml': `
services:
  node: {extends: root, env_file: node.env}
  root: {image: app, environment: ["RELEASE_COOKIE=\${C}"]}
`,
      'base/node.env': 'RELEASE_DISTRIBUTION=name\nCLUSTER_STRATEGY=epmd\n',
    },
  },
  {
    what: 'a service that extends one that is not here',
    files: shop(`
  a: {extends: {file: base.yaml, service: node}, environment: {RELEASE_NODE: app@a.shop}}${PAIR.replace('  a:', '  c:').replaceAll('a.shop', 'c.shop')}`),
    warnings: ['C09'],
    says: /base\.yaml/,
  },
  {
    what: 'a service that extends itself, by another one',
    files: shop(`${PAIR}\n  c: {extends: d}\n  d: {extends: {file: compose.yaml, service: c}}`),
    errors: ['C01'],
    says: /extends itself/,
  },
  {
    what: 'a file that includes itself, by another one',
    files: {
      ...shop(PAIR, 'include: [other.yaml]'),
      'other.yaml': 'include: [compose.yaml]\nservices: {x: {image: y}}',
    },
    errors: ['C01'],
    says: /includes itself/,
  },
  {
    what: 'a file that includes one that is not here',
    files: shop(
      node('a', 'a.shop') + node('b', 'b.elsewhere').replace('hostname: b.elsewhere', 'hostname: b'),
      'include: [none.yaml]',
    ),
    warnings: ['C09'],
    says: /include none\.yaml is not here/,
  },
  {
    what: 'a file that is included with an env_file that is not here',
    files: {
      ...shop(
        node('a', 'a.shop') + node('b', 'b.elsewhere').replace('hostname: b.elsewhere', 'hostname: b'),
        'include: [{ path: more.yaml, env_file: none.env }]',
      ),
      'more.yaml': 'services: { c: { image: postgres } }',
    },
    warnings: ['C09'],
    says: /env_file none\.env of include more\.yaml is not here/,
  },
  ...(
    [
      ['an env_file', node('a', 'a.shop', 'env_file: "settings.${STAGE}.env"'), ''],
      [
        'the file of a service that is extended',
        `\n  a: {extends: {file: "\${STAGE}.yaml", service: x}}${node('c', 'c.shop')}`,
        '',
      ],
      ['an include', node('a', 'a.shop'), 'include: ["${STAGE}.yaml"]'],
    ] as const
  ).map(
    ([what, services, rest]): ComposeCase => ({
      what: `${what}, whose path waits for a variable`,
      files: shop(services + node('b', 'b.shop'), rest),
      warnings: ['C09'],
      says: /\$\{STAGE\}/,
    }),
  ),
  {
    what: 'an include whose path has a variable that is set',
    files: {
      ...shop(node('a', 'a.shop'), 'include: ["${STAGE}.yaml"]'),
      'prod.yaml': `services:${node('b', 'b.shop')}`,
    },
    env: { STAGE: 'prod' },
  },
  {
    what: 'aliases of aliases that would fill the memory',
    files: {
      'compose.yaml': `x-0: &a0 [x]\n${Array.from({ length: 12 }, (_, at) => `x-${at + 1}: &a${at + 1} [${`*a${at}, `.repeat(10)}]`).join('\n')}\nservices: {a: {image: x}}\n`,
    },
    errors: ['C01'],
  },
  {
    what: 'include, with a project of its own folder and its own .env',
    files: {
      ...shop(node('a', 'a.shop'), 'include: [other/compose.yaml]'),
      'other/compose.yaml': `services:${node('b', 'b.${NET}')}`,
      'other/.env': 'NET=shop\n',
    },
  },
  {
    what: 'include of several files, which override each other',
    files: {
      ...shop(node('a', 'a.shop'), 'include: [{path: [b.yaml, b.override.yaml]}]'),
      'b.yaml': `services:${node('b', 'b.wrong')}`,
      'b.override.yaml': 'services: {b: {hostname: b.shop, environment: {RELEASE_NODE: app@b.shop}}}',
    },
  },
  {
    what: 'include from elsewhere, where the host of a node may be',
    files: shop(
      node('a', 'a.shop') + node('b', 'b.shop').replace('hostname: b.shop', 'hostname: b'),
      'include: ["https://example.com/x.git"]',
    ),
    warnings: ['C09'],
    says: /example\.com/,
    differs: 'Compose would fetch it',
  },
  {
    what: 'several files, of which the later ones override the ones before',
    files: {
      ...shop(PAIR.replaceAll('app@a.shop', 'app@wrong')),
      'prod.yaml': 'services: {a: {environment: [RELEASE_NODE=app@a.shop]}}',
    },
    looksAt: ['compose.yaml', 'prod.yaml'],
  },
  {
    what: 'an override beside the file, which is read only when it is given',
    files: { ...shop(PAIR), 'compose.override.yaml': 'services: {a: {hostname: wrong}}' },
    says: /compose\.override\.yaml was not read/,
  },
  {
    what: 'an override that is given',
    files: { ...shop(PAIR), 'compose.override.yaml': 'services: {a: {hostname: wrong}}' },
    looksAt: ['compose.yaml', 'compose.override.yaml'],
    errors: ['C04'],
    not: /was not read/,
  },
  {
    what: 'two documents in one file',
    files: {
      'compose.yaml': `${shop(PAIR.replace('hostname: a.shop', 'hostname: x'))['compose.yaml']}\n---\nservices: {a: {hostname: a.shop}}\n`,
    },
  },
  {
    what: '!reset and !override',
    files: {
      ...two(
        `hostname: a.shop\ndomainname: x\nnetworks: [one]\n${env('app@a.shop')}`,
        `hostname: b.shop\nnetworks: [two]\n${env('app@b.shop')}`,
        'networks: {one: {}, two: {}}',
      ),
      'over.yaml':
        'services: {a: {domainname: !reset null, networks: !override {two: {}}}, b: {networks: !override [two]}}',
    },
    looksAt: ['compose.yaml', 'over.yaml'],
  },
  {
    what: 'a network that is not declared',
    files: two(
      `hostname: a.shop\nnetworks: [cluster]\n${env('app@a.shop')}`,
      `hostname: b.shop\nnetworks: [cluster]\n${env('app@b.shop')}`,
    ),
    warnings: ['C09'],
    says: /undefined network/,
  },
  {
    what: 'nodes of one profile beside those of another',
    files: shop(
      node('app', 'app.shop', 'profiles: [prod]') +
        node('dev', 'app.shop', 'profiles: [dev]') +
        node('peer', 'peer.shop'),
    ),
    says: /no profile starts app, dev/,
  },
  {
    what: 'two profiles at once, with one name in both',
    files: shop(
      node('app', 'app.shop', 'profiles: [prod]') +
        node('dev', 'app.shop', 'profiles: [dev]') +
        node('peer', 'peer.shop'),
    ),
    env: { COMPOSE_PROFILES: 'prod,dev' },
    errors: ['C06'],
    says: /app@app\.shop.*app, dev/,
  },
  {
    what: 'a profile that .env chooses',
    files: {
      ...shop(node('app', 'app.shop', 'profiles: [prod]') + node('peer', 'app.shop')),
      '.env': 'COMPOSE_PROFILES=prod\n',
    },
    errors: ['C06'],
  },
  {
    what: 'all nodes in profiles',
    files: shop(`${node('app', 'app.shop', 'profiles: [prod]')}\n  web: {image: nginx}`),
    warnings: ['C01'],
    says: /COMPOSE_PROFILES/,
  },
  {
    what: 'a project that is named by the environment',
    files: two(env('app@a.other_default'), env('app@b.other_default')),
    env: { COMPOSE_PROJECT_NAME: 'other' },
  },
  {
    what: 'the name of the project, which the file can use',
    files: two(env('app@a.${COMPOSE_PROJECT_NAME}_default'), env('app@b.${COMPOSE_PROJECT_NAME}_default')),
  },
  {
    what: 'the name of the project, when it is that of the folder',
    files: {
      'compose.yaml': two(env('app@a.shop_default'), env('app@b.${COMPOSE_PROJECT_NAME}_default'))[
        'compose.yaml'
      ]!.replace('name: shop\n', ''),
    },
  },
  {
    what: 'a variable that is called like something of JavaScript',
    files: two(
      `hostname: a.\${constructor}\n${env('app@a.${constructor}')}`,
      `hostname: b.shop\n${env('app@b.shop', ', X: "${__proto__}"')}`,
    ),
    says: /wait for constructor/,
  },
  ...['*', '@', '%', '!', '`', '[', '{', '"', '&', '|', '>', '? '].map(
    (sign): ComposeCase => ({
      what: `a cookie without quotation marks that begins with ${sign}`,
      files: shop(PAIR.replace('${C}', `${sign}${SECRET}`)),
      not: new RegExp(SECRET),
      ...(['!', '&'].includes(sign) ? { errors: ['C07'] } : { errors: ['C01'] }),
    }),
  ),
  {
    what: 'numbers as YAML has them',
    files: two(
      `hostname: a.shop\n${env('app@a.shop').replace('"${C}"', '0123456')}`,
      `hostname: b.shop\n${env('app@b.shop').replace('"${C}"', '"42798"')}`,
    ),
    warnings: ['C08'],
  },
  {
    what: 'numbers in fields that come behind each other',
    files: two(
      `hostname: a.shop\n${env('app@a.shop')}\n${FILES_WITH_NUMBERS}`,
      `extends: a\nhostname: b.shop\n${env('app@b.shop')}\n${FILES_WITH_NUMBERS.replaceAll('/one', '/two')}`,
      'secrets: {erlang: {environment: C}}\nconfigs: {app: {content: "x"}}',
    ),
  },
  {
    what: 'a cookie of digits that are too many for a number',
    files: two(
      `hostname: a.shop\n${env('app@a.shop').replace('"${C}"', '"12345678901234567890123"')}`,
      `hostname: b.shop\n${env('app@b.shop').replace('"${C}"', '"12345678901234567890124"')}`,
    ),
    errors: ['C07'],
    warnings: ['C08'],
    not: /1234567890123/,
  },
]

/** What is a node, and what is not. */
const NODES: readonly ComposeCase[] = [
  ...[
    'command: bin/app eval "App.Release.migrate()"',
    'command: ["bin/app", "eval", "App.Release.migrate()"]',
    'command: [eval, "App.Release.migrate()"]',
    'entrypoint: /app/bin/app\n    command: eval "App.migrate()"',
    'command: sh -c "sleep 5 && exec /app/bin/app eval App.Release.migrate"',
    'command: /app/bin/migrate',
    'command: ["sh", "-c", "./wait-for db:5432; bin/migrate"]',
    'command: ["./wait-for-it.sh", "db:5432", "--", "bin/app", "eval", "App.Release.migrate"]',
    'command: ./wait-for-it.sh -t 60 db:5432 -- mix ecto.migrate',
    'command: dockerize -wait tcp://db:5432 -timeout 60s /app/bin/app eval "App.Release.migrate()"',
    'command: bin/app rpc "App.report()"',
    'command: bin/app remote',
    'command: mix ecto.setup',
    'command: sleep infinity',
    'command: psql -h db',
    'scale: 0',
    'deploy: {replicas: 0}',
  ].map(
    (line): ComposeCase => ({
      what: `${line.replaceAll(/\s+/g, ' ')}, which is no node`,
      files: shop(node('app', 'app.shop') + node('job', 'app.shop', line)),
    }),
  ),
  ...[
    'command: bin/app start',
    'command: sh -c "bin/app eval App.migrate && exec bin/app start"',
    'command: ["/bin/sh", "-c", "bin/migrate && bin/server"]',
    'entrypoint: ["/usr/bin/tini", "--"]\n    command: ["/app/bin/server"]',
    'command: bash /app/bin/server',
    'command: ./run.sh',
    'command: ["./wait-for-it.sh", "-t", "60", "db:5432", "--", "bin/app", "start"]',
    'command: foreground',
  ].map(
    (line): ComposeCase => ({
      what: `${line.replaceAll(/\s+/g, ' ')}, which is a node`,
      files: shop(node('app', 'app.shop') + node('job', 'app.shop', line)),
      errors: ['C06'],
    }),
  ),
  {
    what: 'RELEASE_DISTRIBUTION: none',
    files: shop(node('app', 'app.shop') + node('web', 'app.shop').replace('DISTRIBUTION: name', 'DISTRIBUTION: none')),
  },
  {
    what: 'a service that others wait for until it is over',
    files: shop(
      node('app', 'app.shop', 'depends_on: {init: {condition: service_completed_successfully}}') +
        node('init', 'app.shop'),
    ),
  },
  {
    what: 'a database with the env_file of all',
    files: {
      ...shop(`
  app: {image: app, hostname: app.shop, env_file: all.env}
  db: {image: "postgres:16-alpine", env_file: all.env}
  cache: {image: docker.io/library/redis, env_file: all.env}`),
      'all.env': 'RELEASE_DISTRIBUTION=name\nRELEASE_NODE=app@app.shop\nRELEASE_COOKIE=x\nDB_HOST=db\n',
    },
  },
  {
    what: 'names and cookies on the command line',
    files: shop(`
  a: {image: erlang, hostname: a.shop, command: "erl -noshell -name app@a.shop -setcookie $$COOKIE", environment: {COOKIE: "\${C}"}}
  b: {image: elixir, hostname: b.shop, command: "elixir --name app@b.shop --cookie $$COOKIE -S mix run", environment: {COOKIE: "\${C}", CLUSTER_HOSTS: "app@a.shop"}}`),
  },
  {
    what: 'short names on the command line, and lists of them with their hosts',
    files: shop(
      ['a', 'b']
        .map(
          (host) =>
            `\n  ${host}: {image: elixir, hostname: ${host}, command: "elixir --sname app --cookie $$K -S mix run", environment: {K: "\${C}", NODES: "app@a,app@b"}}`,
        )
        .join(''),
    ),
    not: /who connects/,
  },
  {
    what: 'a wrong name on the command line',
    files: shop(`
  a: {image: erlang, hostname: a.shop, command: "erl -noshell -name app@c.shop -setcookie x", environment: {NODES: app@b.shop}}
  b: {image: elixir, hostname: b.shop, environment: {ELIXIR_ERL_OPTIONS: "-name app@b.shop -setcookie y"}}`),
    errors: ['C04', 'C07'],
    warnings: ['C08'],
  },
  {
    what: 'a command that Compose cuts off, so that the node never starts',
    files: shop(
      node('app', 'app.shop') + node('job', 'app.shop', 'command: bin/app eval "App.migrate()" && bin/app start'),
    ),
    warnings: ['C15'],
    says: /job runs only what stands in front of && in its command/,
  },
  {
    what: 'only services that run something else',
    files: shop(node('app', 'app.shop', 'command: mix phx.server')),
    warnings: ['C01'],
    says: /what app runs starts no node/,
  },
  {
    what: 'only a command that Compose cuts off',
    files: shop(node('app', 'app.shop', 'command: bin/migrate && bin/server')),
    warnings: ['C15'],
  },
  ...['bin/app --help', 'bin/app version', '["/app/bin/app", "--version"]', 'bin/app -h'].map(
    (command): ComposeCase => ({
      what: `a service that only runs ${command}`,
      files: shop(node('app', 'app.shop') + node('tool', 'app.shop', `command: ${command}`)),
    }),
  ),
  {
    what: 'a short name without a hostname, which the others know by the service',
    files: shop(
      ['a', 'b']
        .map(
          (name) =>
            `\n  ${name}: {image: elixir, command: "iex --sname ${name} --cookie $$K -S mix", environment: {K: "\${C}", NODES: "a@a,b@b"}}`,
        )
        .join(''),
    ),
    errors: ['C16'],
    says: /NODES of a names a@a, and a calls itself a@ID-OF-THE-CONTAINER.*hostname: a/,
  },
  {
    what: 'a list with another part before the @',
    files: shop(PAIR.replaceAll('CLUSTER_STRATEGY: epmd', "NODES: \":'web@a.shop', :'app@b.shop'\"")),
    errors: ['C16'],
    says: /NODES of a names web@a.shop, and a calls itself app@a.shop/,
  },
  {
    what: 'a list with another name of the host',
    files: shop(PAIR.replaceAll('CLUSTER_STRATEGY: epmd', 'NODES: app@a,app@b.shop')),
    errors: ['C16'],
  },
  {
    what: 'a list that has the right name as well, and addresses of people and servers',
    files: shop(
      PAIR.replaceAll(
        'CLUSTER_STRATEGY: epmd',
        'NODES: app@a,app@a.shop app@b.shop\n      MAIL: web@a.shop\n      QUEUE: amqp://guest@b.shop/\n      ADMIN: web@a.shop or me@example.test',
      ),
    ),
  },
  {
    what: 'a list of nodes that the image names',
    files: shop(
      ['a', 'b']
        .map(
          (name) =>
            `\n  ${name}: {image: app, hostname: ${name}.shop, environment: {RELEASE_COOKIE: "\${C}", RELEASE_DISTRIBUTION: name, NODES: "x@a.shop,x@b.shop"}}`,
        )
        .join(''),
    ),
    not: /NODES/,
  },
  {
    what: 'an address in a node name that the service does not have',
    files: two(
      `networks: {default: {ipv4_address: 10.5.0.7}}\n${env('app@10.5.0.70')}`,
      `networks: {default: {ipv4_address: 10.5.0.8}}\n${env('app@10.5.0.8')}`,
      'networks: {default: {ipam: {config: [{subnet: 10.5.0.0/16}]}}}',
    ),
    errors: ['C04'],
    says: /app@10\.5\.0\.70 of a ends with an address that a does not have/,
  },
  {
    what: 'an address in a node name that Docker may give to anybody',
    files: two(
      `networks: [default]\n${env('app@10.5.0.7')}`,
      `networks: {default: {ipv4_address: 10.5.0.8}}\n${env('app@10.5.0.8')}`,
      'networks: {default: {ipam: {config: [{subnet: 10.5.0.0/16}]}}}',
    ),
    errors: ['C04'],
    says: /only has by chance/,
  },
  {
    what: 'IPv6 addresses in two spellings',
    files: two(
      `networks: {default: {ipv6_address: "fd00:0::7"}}\n${env('app@fd00::7')}`,
      `networks: {default: {ipv6_address: "fd00::8"}}\n${env('app@FD00:0:0::8')}`,
      'networks: {default: {enable_ipv6: true, ipam: {config: [{subnet: "fd00::/64"}]}}}',
    ),
  },
  {
    what: 'an IPv6 address in a node name that the service does not have',
    files: two(
      `networks: {default: {ipv6_address: "fd00::7"}}\n${env('app@fd00::70')}`,
      `networks: {default: {ipv6_address: "fd00::8"}}\n${env('app@fd00::8')}`,
      'networks: {default: {enable_ipv6: true, ipam: {config: [{subnet: "fd00::/64"}]}}}',
    ),
    errors: ['C04'],
    says: /app@fd00::70 of a ends with an address that a does not have/,
  },
  {
    what: 'an address of the machine in node names, where ports are published',
    files: two(env('a@192.168.7.1'), env('b@192.168.7.1')),
  },
  {
    what: 'a !reset in another file that a service extends',
    files: {
      ...shop(
        node('a', 'a.shop').replace('hostname: a.shop', 'extends: {file: mid.yaml, service: mid}') +
          node('b', 'b.shop'),
      ),
      'mid.yaml': 'services: {mid: {extends: {file: base.yaml, service: base}, hostname: !reset null}}\n',
      'base.yaml': 'services: {base: {image: app, hostname: a.shop}}\n',
    },
    errors: ['C04'],
    says: /sets no hostname/,
  },
  { what: 'no node at all', files: shop('\n  web: {image: nginx}'), warnings: ['C01'] },
]

/** Whether Docker resolves the names. */
const NAMES: readonly ComposeCase[] = [
  ...(
    [
      ['the service with the network', '', 'app@a.shop_default'],
      ['the container', 'container_name: node.a', 'app@node.a'],
      ['the container that Compose names', '', 'app@shop-a-1.shop_default'],
      ['an alias', 'networks: {default: {aliases: [a.nodes]}}', 'app@a.nodes'],
      ['an alias with the network', 'networks: {default: {aliases: [one]}}', 'app@one.shop_default'],
      ['the hostname with the network', 'hostname: one', 'app@one.shop_default'],
      ['a fixed address', 'networks: {default: {ipv4_address: 10.5.0.7}}', 'app@10.5.0.7'],
      ['a name in other letters', 'hostname: A.Shop', 'app@a.shop'],
    ] as const
  ).map(
    ([what, line, name]): ComposeCase => ({
      what: `a node that is named by ${what}`,
      files: two(
        `${line}\n${env(name)}`,
        `hostname: b.shop\n${env('app@b.shop')}`,
        'networks: {default: {ipam: {config: [{subnet: 10.5.0.0/16}]}}}',
      ),
    }),
  ),
  {
    what: 'the real name of a network',
    files: two(
      `networks: [back]\n${env('app@a.cluster.internal')}`,
      `networks: [back]\n${env('app@b.cluster.internal')}`,
      'networks: {back: {name: cluster.internal}}',
    ),
  },
  {
    what: 'a network that exists already',
    files: two(
      `networks: [back]\n${env('app@a.back')}`,
      `networks: [back]\n${env('app@b.back')}`,
      'networks: {back: {external: true}}',
    ),
  },
  {
    what: 'the key of a network where its name is another',
    files: two(
      `networks: [back]\n${env('app@a.back')}`,
      `networks: [back]\n${env('app@b.back')}`,
      'networks: {back: {name: real}}',
    ),
    errors: ['C04'],
    says: /which Docker's DNS knows as real.*name: back below the network back/,
  },
  {
    what: 'a network that the peer is not on',
    files: two(
      `networks: [front, back]\n${env('app@a.shop_front')}`,
      `networks: [back]\n${env('app@b.shop_back')}`,
      'networks: {front: {}, back: {}}',
    ),
    errors: ['C04'],
    says: /a\.shop_front of a is known only on networks where b is not.*both are on shop_back/,
  },
  {
    what: 'a hosts file with the peer in it',
    files: two(
      `networks: {default: {ipv4_address: 10.5.0.7}}\nextra_hosts: ["b.test:10.5.0.8"]\n${env('app@a.test')}`,
      `networks: {default: {ipv4_address: 10.5.0.8}}\nextra_hosts: {a.test: 10.5.0.7}\n${env('app@b.test')}`,
      'networks: {default: {ipam: {config: [{subnet: 10.5.0.0/16}]}}}',
    ),
  },
  {
    what: 'a hosts file with IPv6 addresses, in brackets and in other words',
    files: two(
      `networks: {default: {ipv6_address: "fd00::7"}}\nextra_hosts: ["b.test=[fd00:0::8]"]\n${env('app@a.test')}`,
      `networks: {default: {ipv6_address: "fd00::0:8"}}\nextra_hosts: {a.test: "fd00::0:7"}\n${env('app@b.test')}`,
      'networks: {default: {enable_ipv6: true, ipam: {config: [{subnet: "fd00::/64"}]}}}',
    ),
  },
  {
    what: 'a hosts file with an address of the network that no service is given',
    files: two(
      `networks: {default: {ipv4_address: 10.5.0.7}}\nextra_hosts: ["b.test:10.5.0.9"]\n${env('app@a.test')}`,
      `networks: {default: {ipv4_address: 10.5.0.8}}\nextra_hosts: ["a.test:10.5.0.7"]\n${env('app@b.test')}`,
      'networks: {default: {ipam: {config: [{subnet: 10.5.0.0/16}]}}}',
    ),
    errors: ['C04'],
    says: /b\.test of b is 10\.5\.0\.9 in extra_hosts of a, an address that no service is given/,
  },
  ...['10.5.0.1', '10.5.9.9', '192.168.7.1'].map(
    (machine): ComposeCase => ({
      what: `a hosts file with ${machine}, an address of the machine`,
      files: two(
        `networks: {default: {ipv4_address: 10.5.0.7}}\nextra_hosts: ["b.test:${machine}"]\n${env('app@a.test')}`,
        `networks: {default: {ipv4_address: 10.5.0.8}}\nextra_hosts: ["a.test:${machine}"]\n${env('app@b.test')}`,
        `networks: {default: {ipam: {config: [{subnet: 10.5.0.0/16${machine === '10.5.9.9' ? ', gateway: 10.5.9.9' : ''}}]}}}`,
      ),
    }),
  ),
  {
    what: 'a hosts file with a wrong address',
    files: two(
      `networks: {default: {ipv4_address: 10.5.0.7}}\nextra_hosts: ["b.test:10.5.0.7"]\n${env('app@a.test')}`,
      `networks: {default: {ipv4_address: 10.5.0.8}}\nextra_hosts: ["a.test:10.5.0.8"]\n${env('app@b.test')}`,
      'networks: {default: {ipam: {config: [{subnet: 10.5.0.0/16}]}}}',
    ),
    errors: ['C04'],
  },
  {
    what: 'links',
    files: two(`links: ["b:b.linked"]\n${env('app@a.linked')}`, `links: ["a:a.linked"]\n${env('app@b.linked')}`),
    differs: 'Compose refuses links in a circle',
  },
  {
    what: 'the host of another service',
    files: two(`hostname: a.shop\n${env('one@b.shop')}`, `hostname: b.shop\n${env('two@b.shop')}`),
    errors: ['C04'],
    says: /RELEASE_NODE of a ends with b\.shop, which is b/,
  },
  {
    what: 'a domainname',
    files: two(`hostname: a\ndomainname: shop\n${env('app@a.shop')}`, `hostname: b.shop\n${env('app@b.shop')}`),
    errors: ['C04'],
    says: /hostname and domainname/,
  },
  {
    what: 'one host for two nodes of different names',
    files: two(
      `networks: {default: {aliases: [nodes.shop]}}\n${env('a@nodes.shop')}`,
      `networks: {default: {aliases: [nodes.shop]}}\n${env('b@nodes.shop')}`,
    ),
    warnings: ['C04'],
    says: /nodes\.shop of a is b as well/,
  },
  {
    what: 'one host for two nodes that look each other up in their own way',
    files: two(
      `hostname: nodes.shop\ncommand: erl -name $$RELEASE_NODE -epmd_module dynsrv_epmd -setcookie $$RELEASE_COOKIE\n${env('a@nodes.shop')}`,
      `hostname: nodes.shop\ncommand: npx dynsrv up\n${env('b@nodes.shop')}`,
    ),
  },
  {
    what: 'long names without a dot',
    files: two(env('app@a'), env('app@b')),
    errors: ['C03'],
  },
  {
    what: 'a long name without a dot, alone',
    files: shop(
      '\n  app: {image: app, environment: {RELEASE_DISTRIBUTION: name, RELEASE_NODE: app@app, RELEASE_COOKIE: "${C}"}}',
    ),
    warnings: ['C03'],
  },
  {
    what: 'long names at localhost, on the machine',
    files: two(`network_mode: host\n${env('a@localhost')}`, `network_mode: host\n${env('b@localhost')}`),
    errors: ['C03'],
  },
  {
    what: 'short names that Docker resolves',
    files: two(short('app@a'), `hostname: node-b\n${short('app@node-b')}`),
  },
  {
    what: 'short names of containers, whose short ids Docker resolves',
    files: two(short('app@$$HOSTNAME'), short('app')),
  },
  {
    what: 'short names that nobody resolves',
    files: two(short('app@x'), short('app@b')),
    errors: ['C04'],
  },
  {
    what: 'short names beside long ones',
    files: two(short('app@a'), `hostname: b.shop\n${env('app@b.shop')}`),
    errors: ['C05'],
    says: /of a is not set.*b uses long names/,
  },
  {
    what: 'a long host without long names',
    files: two(`hostname: a.shop\n${short('app@a.shop')}`, `hostname: b.shop\n${env('app@b.shop')}`),
    errors: ['C05'],
  },
  {
    what: 'a container id as the host of a long name',
    files: two(env('app@$${HOSTNAME}'), `hostname: b.shop\n${env('app@b.shop')}`),
    errors: ['C03'],
  },
  {
    what: 'the hostname of the container, which its own shell fills in',
    files: two(`hostname: a.shop\n${env('app@$$(hostname -f)')}`, `hostname: b.shop\n${env('app@b.shop')}`),
  },
  {
    what: 'quotation marks in a list, which are part of the value',
    files: two(
      `hostname: a.shop\nenvironment:\n  - RELEASE_NODE="app@a.shop"\n  - RELEASE_DISTRIBUTION=name\n  - RELEASE_COOKIE="\${C}"\n  - CLUSTER_STRATEGY=epmd`,
      `hostname: b.shop\n${env('app@b.shop')}`,
    ),
    errors: ['C04', 'C07'],
    says: /quotation marks in it.*with quotation marks that are part of it/,
  },
  {
    what: 'addresses of several files for one host',
    files: {
      ...two(
        `extra_hosts: ["x:10.0.0.3"]\nhostname: a.shop\n${env('app@a.shop')}`,
        `hostname: b.shop\n${env('app@b.shop')}`,
      ),
      'over.yaml': 'services: {a: {extra_hosts: {x: 10.0.0.1}}}',
    },
    looksAt: ['compose.yaml', 'over.yaml'],
  },
  {
    what: 'HOSTNAME of the shell, which is not set',
    files: two(`hostname: a.shop\n${env('app@$HOSTNAME')}`, `hostname: b.shop\n${env('app@b.shop')}`),
    errors: ['C10'],
    says: /\$\{HOSTNAME\} into RELEASE_NODE of a .*nothing is behind the @/,
  },
  {
    what: 'HOSTNAME of the shell, which is the machine',
    files: two(`hostname: a.shop\n${env('app@${HOSTNAME}')}`, `hostname: b.shop\n${env('app@b.shop')}`),
    env: { HOSTNAME: 'build.example.com' },
    errors: ['C10'],
    says: /which makes it app@build\.example\.com/,
  },
  {
    what: 'HOSTNAME of the shell, which somebody set to what is right',
    files: two(`hostname: a.shop\n${env('app@${HOSTNAME}')}`, `hostname: b.shop\n${env('app@b.shop')}`),
    env: { HOSTNAME: 'a.shop' },
  },
  {
    what: 'a name that waits for a variable',
    files: two(`hostname: a.\${NET}\n${env('app@a.${NET}')}`, `hostname: b.shop\n${env('app@b.shop')}`),
    says: /wait for NET/,
  },
  {
    what: 'one node at 127.0.0.1, alone',
    files: shop(
      `\n  app: {image: app, environment: {RELEASE_DISTRIBUTION: name, RELEASE_NODE: app@127.0.0.1, RELEASE_COOKIE: "\${C}"}}`,
    ),
  },
  {
    what: 'two nodes at localhost',
    files: two(short('a@localhost'), short('b@localhost')),
    errors: ['C12'],
    says: /localhost/,
  },
  {
    what: 'two nodes at localhost of one network stack',
    files: two(short('a@localhost'), `network_mode: "service:a"\n${short('b@localhost')}`),
    says: /this machine only/,
  },
  {
    what: 'a node in the network stack of another',
    files: two(`hostname: a.shop\n${env('one@a.shop')}`, `network_mode: "service:a"\n${env('two@a.shop')}`),
  },
  {
    what: 'two nodes of the machine by localhost',
    files: two(`network_mode: host\n${short('a@localhost')}`, `network_mode: host\n${short('b@localhost')}`),
    says: /this machine only/,
  },
  {
    what: 'a node of the machine by a name of Docker',
    files: two(`network_mode: host\nhostname: a.shop\n${env('app@a.shop')}`, `hostname: b.shop\n${env('app@b.shop')}`),
    errors: ['C11'],
    says: /network_mode: host/,
  },
  {
    what: 'a node of the machine that the other one has in its hosts file',
    files: two(
      `network_mode: host\n${env('app@a.shop')}`,
      `hostname: b.shop\nextra_hosts: ["a.shop:host-gateway"]\n${env('app@b.shop')}`,
    ),
    warnings: ['C11'],
    says: /must dial it/,
  },
  {
    what: 'a node without a network, and one on the default bridge',
    files: shop(PAIR + node('c', 'c.shop', 'network_mode: none') + node('d', 'd.shop', 'network_mode: bridge')),
    errors: ['C11'],
    says: /c has network_mode: none.*d has network_mode: bridge/,
  },
]

/** Networks, cookies, copies, and who dials. */
const CLUSTERS: readonly ComposeCase[] = [
  {
    what: 'nodes on networks of their own',
    files: two(
      `hostname: a.shop\nnetworks: [one]\n${env('app@a.shop')}`,
      `hostname: b.shop\nnetworks: [two]\n${env('app@b.shop')}`,
      'networks: {one: {}, two: {}}',
    ),
    errors: ['C02'],
    says: /a \(one\) and b \(two\) share no network/,
  },
  {
    what: 'two clusters with cookies and networks of their own',
    files: two(
      `hostname: app.shop\nnetworks: [one]\n${env('app@app.shop').replace('${C}', '${BLUE}')}`,
      `hostname: app.shop\nnetworks: [two]\n${env('app@app.shop').replace('${C}', '${GREEN}')}`,
      'networks: {one: {}, two: {}}',
    ),
  },
  ...(
    [
      ['a URL', 'DATABASE_URL: "ecto://u:p@db/app"', true],
      ['a URL with two hosts', 'DATABASE_URL: "postgres://u:p@x:5432,db:5432/app"', true],
      ['a host with a port', 'ADDR: "db:5432"', true],
      ['a list', 'BROKERS: "x:1,db:2"', true],
      ['a list of JSON', 'BROKERS: \'["x:1","db:2"]\'', true],
      ['a part of another host', 'ADDR: "my-db:5432"', false],
      ['a host alone', 'PGHOST: db', false],
      ['a host by the name of its variable', 'DB_HOST: db', true],
      ['a setting of a text', 'CONN: "host=db port=5432"', true],
      ['another host with the same beginning', 'DATABASE_URL: "ecto://db.example.com/app"', false],
      ['an image', 'DB_IMAGE: "db:16"', false],
      ['a word', 'DB_ADAPTER: db', false],
      ['the name on another network', 'DATABASE_URL: "ecto://db.shop_two/app"', true],
      ['a host of its hosts file', 'DATABASE_URL: "ecto://known/app"', false],
    ] as const
  ).map(
    ([what, line, isNeeded]): ComposeCase => ({
      what: `a database that is ${isNeeded ? '' : 'not '}needed: ${what}`,
      files: shop(
        `${node('a', 'a.shop', 'networks: [one]', 'extra_hosts: ["known:10.0.0.1"]')}
      ${line}
  db: {image: postgres, networks: {two: {aliases: [known]}}}`,
        'networks: {one: {}, two: {}}',
      ),
      errors: isNeeded ? ['C02'] : [],
    }),
  ),
  {
    what: 'a service that is waited for, on another network',
    files: shop(
      `${node('a', 'a.shop', 'networks: [one]', 'depends_on: {db: {condition: service_healthy}, init: {condition: service_completed_successfully}}')}
  db: {image: postgres, networks: [two]}
  init: {image: init, networks: [two]}`,
      'networks: {one: {}, two: {}}',
    ),
    errors: ['C02'],
    says: /a \(one\) and db \(two\)/,
    not: /init/,
  },
  {
    what: 'two variables for the cookie',
    files: shop(PAIR.replace('${C}', '${D}')),
    errors: ['C07'],
    says: /2 different cookies/,
  },
  {
    what: 'two variables with one value',
    files: shop(PAIR.replace('${C}', '${D}')),
    env: { C: SECRET, D: SECRET },
    not: new RegExp(SECRET),
  },
  {
    what: 'one node without a cookie',
    files: shop(PAIR.replace('RELEASE_COOKIE: ${C}', 'X: y')),
    errors: ['C07'],
    says: /missing at a/,
  },
  {
    what: 'a cookie that a secret brings',
    files: shop(
      PAIR.replace('RELEASE_COOKIE: ${C}', 'X: y').replace('image: app', 'image: app\n    secrets: [cookie]'),
      'secrets: {cookie: {file: ./x}}',
    ),
  },
  { what: 'no cookie anywhere', files: shop(PAIR.replaceAll('RELEASE_COOKIE: ${C}', 'X: y')), warnings: ['C07'] },
  {
    what: 'a cookie that is written into the file',
    files: shop(PAIR.replaceAll('${C}', SECRET)),
    warnings: ['C08'],
    not: new RegExp(SECRET),
  },
  {
    what: 'a cookie that is written into the file as a default',
    files: shop(PAIR.replaceAll('${C}', `\${C:-${SECRET}}`)),
    warnings: ['C08'],
    not: new RegExp(SECRET),
  },
  {
    what: 'one name for several copies',
    files: shop(node('a', 'a.shop', 'deploy: {replicas: 3}')),
    errors: ['C06'],
  },
  { what: 'several copies, as scale has it', files: shop(node('a', 'a.shop', 'scale: 2')), errors: ['C06'] },
  {
    what: 'copies that Swarm names',
    files: shop(
      node('a', 'a-{{.Task.Slot}}.shop', 'deploy: {replicas: 3}').replaceAll(/(hostname: |NODE: )(.*)/g, '$1"$2"'),
    ),
  },
  {
    what: 'copies that the image names by address',
    files: shop(
      '\n  app: {image: app, deploy: {replicas: 3}, environment: {RELEASE_DISTRIBUTION: name, RELEASE_COOKIE: "${C}", DNS_CLUSTER_QUERY: app}}',
    ),
  },
  {
    what: 'DNSCluster and nodes that are named by host',
    files: shop(PAIR.replaceAll('CLUSTER_STRATEGY: epmd', 'DNS_CLUSTER_QUERY: a')),
    errors: ['C13'],
    says: /DNS_CLUSTER_QUERY, b dials app@ADDRESS, and a is app@a\.shop/,
    warnings: ['C13'],
  },
  {
    what: 'DNSCluster, asked for what nobody is called',
    files: two(
      `networks: {default: {ipv4_address: 10.5.0.7}}\n${env('app@10.5.0.7', ', DNS_CLUSTER_QUERY: nodes')}`,
      `networks: {default: {ipv4_address: 10.5.0.8}}\n${env('app@10.5.0.8', ', DNS_CLUSTER_QUERY: ""')}`,
      'networks: {default: {ipam: {config: [{subnet: 10.5.0.0/16}]}}}',
    ),
    warnings: ['C13'],
    says: /DNS_CLUSTER_QUERY of a is nodes/,
  },
  {
    what: 'DNSCluster and nodes that are named by address',
    files: two(
      `networks: {default: {ipv4_address: 10.5.0.7, aliases: [nodes]}}\n${env('app@10.5.0.7', ', DNS_CLUSTER_QUERY: nodes')}`,
      `networks: {default: {ipv4_address: 10.5.0.8, aliases: [nodes]}}\n${env('app@10.5.0.8', ', DNS_CLUSTER_QUERY: nodes')}`,
      'networks: {default: {ipam: {config: [{subnet: 10.5.0.0/16}]}}}',
    ),
  },
  {
    what: 'DNSCluster and another name at each address',
    files: two(
      `networks: {default: {ipv4_address: 10.5.0.7, aliases: [nodes]}}\n${env('one@10.5.0.7', ', DNS_CLUSTER_QUERY: nodes')}`,
      `networks: {default: {ipv4_address: 10.5.0.8, aliases: [nodes]}}\n${env('two@10.5.0.8', ', DNS_CLUSTER_QUERY: nodes')}`,
      'networks: {default: {ipam: {config: [{subnet: 10.5.0.0/16}]}}}',
    ),
    errors: ['C13'],
  },
  {
    what: 'a file that says nothing of who dials',
    files: shop(PAIR.replaceAll('CLUSTER_STRATEGY: epmd', 'X: y')),
    says: /who connects a, b/,
  },
  {
    what: 'a node that none of the lists names',
    files: shop(
      `${PAIR.replaceAll('CLUSTER_STRATEGY: epmd', 'PEERS: app@a.shop,app@b.shop')}${node('c', 'c.shop').replace('CLUSTER_STRATEGY: epmd', 'X: y')}`,
    ),
    warnings: ['C14'],
    says: /nobody dials/,
  },
  {
    what: 'lists that name all, one by the other',
    files: shop(
      `${PAIR.replace('CLUSTER_STRATEGY: epmd', 'PEERS: app@b.shop').replace('CLUSTER_STRATEGY: epmd', 'PEERS: app@c.shop')}${node('c', 'c.shop').replace('CLUSTER_STRATEGY: epmd', 'X: y')}`,
    ),
    not: /dial/,
  },
]

export const COMPOSE_CASES: readonly ComposeCase[] = [...READING, ...NODES, ...NAMES, ...CLUSTERS]
