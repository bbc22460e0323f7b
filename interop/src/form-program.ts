/** A program that uses the codec, a resolver, a live node and the meta package; `load` fits its module form. */
const BODY = `
export async function use() {
  const node = await dynsrv.start({
    name: 'a@127.0.0.1',
    cookie: 'secret',
    service: 'my.test',
    dns: resolver.staticResolver([]),
    port: 0,
    host: '127.0.0.1',
  })
  try {
    const ok = etf.decode(etf.encode(etf.atom('ok')))
    return [ok === dynsrv.atom('ok'), ok instanceof dynsrv.Atom, node.port > 0].join(' ')
  } finally {
    await node.close()
  }
}
`
const NAMES = { etf: '@dynsrv/etf', resolver: '@dynsrv/srv-resolver', dynsrv: 'dynsrv' }
const imports = Object.entries(NAMES).map(([as, name]) => `import * as ${as} from '${name}'`)
const requires = Object.entries(NAMES).map(([as, name]) => `const ${as} = require('${name}')`)

/** The program in each form of modules. */
export const ESM = `${imports.join('\n')}\n${BODY}`
export const CJS = `${requires.join('\n')}\n${BODY.replace('export async function use', 'exports.use = use\nasync function use')}`

/** What it gives, and how it is printed. */
export const EXPECTED = 'true true true'
export const RUN = `use().then((text) => console.log(text))\n`
