import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { CONTRACT_RECORDS, CONTRACT_UNUSABLE_RECORDS, resolverContract } from '../src/contract.ts'
import { type ResolverError, type SrvAnswer, type SrvResolver, staticResolver } from '../src/index.ts'

const PACKAGE = new URL('../', import.meta.url)
const RECORDS = [...CONTRACT_RECORDS, ...CONTRACT_UNUSABLE_RECORDS]

/** The names of the cases that a resolver fails. */
async function broken(wrong: (sound: SrvResolver) => Partial<SrvResolver>): Promise<string[]> {
  const cases = resolverContract(async () => {
    const sound = staticResolver(RECORDS)
    const resolver = { ...sound, ...wrong(sound) }
    return { resolver, breakDown: () => sound.close(), [Symbol.asyncDispose]: async () => undefined }
  })
  const outcomes = await Promise.allSettled(cases.map(({ run }) => run()))
  return cases.flatMap(({ name }, index) => (outcomes[index]!.status === 'rejected' ? [name] : []))
}

const EMPTY: SrvAnswer = {
  records: [],
  empty: 'nxdomain',
  ttlSeconds: 0,
  server: 'wrong',
  transport: 'none',
  authoritative: true,
  truncated: false,
  stale: false,
  addresses: new Map(),
}

describe('the contract of resolvers', () => {
  it('holds for a sound one', async () => expect(await broken(() => ({}))).toStrictEqual([]))

  it.each<[string, (sound: SrvResolver) => Partial<SrvResolver>, string]>([
    [
      'takes a failure for an empty zone',
      (sound) => ({
        resolveSrv: (name, options) =>
          sound.resolveSrv(name, options).catch((error: ResolverError) => {
            if (error.code === 'DNS_CLOSED') return EMPTY
            throw error
          }),
      }),
      'never takes a broken source for an empty zone',
    ],
    [
      'takes unusable records for an empty zone',
      (sound) => ({
        resolveSrv: (name, options) =>
          sound.resolveSrv(name, options).catch((error: ResolverError) => {
            if (error.code === 'DNS_NO_USABLE_RECORD') return EMPTY
            throw error
          }),
      }),
      'never takes records that cannot be used for an empty zone',
    ],
    [
      'says nothing of what it leaves out',
      (sound) => ({
        async resolveSrv(name, options) {
          const { ignored: _ignored, ...answer } = await sound.resolveSrv(name, options)
          return answer
        },
      }),
      'leaves out a record that cannot be used, says why, and gives the others',
    ],
    [
      'keeps the dot behind a target',
      (sound) => ({
        async resolveSrv(name, options) {
          const answer = await sound.resolveSrv(name, options)
          return { ...answer, records: answer.records.map((record) => ({ ...record, target: `${record.target}.` })) }
        },
      }),
      'gives every SRV record, spelled as the zone does, without the trailing dot',
    ],
    [
      'does not heed its signal',
      (sound) => ({ resolveTxt: (name) => sound.resolveTxt(name) }),
      'rejects with the reason of the signal',
    ],
    ['goes on when it is closed', () => ({ close: () => undefined }), 'rejects with DNS_CLOSED once it is closed'],
    [
      'has no end of its own for await using',
      () => ({ [Symbol.asyncDispose]: undefined }) as unknown as Partial<SrvResolver>,
      'can be disposed of when it can be closed',
    ],
    [
      'knows every name',
      (sound) => ({ resolveAddresses: () => sound.resolveAddresses('127.0.0.1') }),
      'says of an unknown name that it does not exist',
    ],
  ])('finds one that %s', async (_fault, wrong, name) => {
    expect(await broken(wrong)).toContainEqual(expect.stringContaining(name))
  })

  it('asks nothing of a resolver that holds nothing and has no close()', async () => {
    const { close: _close, [Symbol.asyncDispose]: _dispose, ...open } = staticResolver(RECORDS)
    const cases = resolverContract(
      async () => ({ resolver: open, breakDown: () => undefined, [Symbol.asyncDispose]: async () => undefined }),
      { fails: false },
    )
    for (const { run } of cases) await run()
  })
})

describe('the built contract', () => {
  it('needs no test runner', () => {
    const built = readFileSync(new URL('dist/contract.cjs', PACKAGE), 'utf8')
    const imports = [...built.matchAll(/\b(?:require|getBuiltinModule)\(["'](.*?)["']\)/g)].map(([, from]) => from!)
    expect(imports.filter((from) => !from.startsWith('node:'))).toStrictEqual([])
    expect(imports).not.toContain('node:test')
  })

  it('runs in node:test', async () => {
    const program = `
      import { test } from 'node:test'
      import { staticResolver } from '@dynsrv/srv-resolver'
      import { CONTRACT_RECORDS, CONTRACT_UNUSABLE_RECORDS, resolverContract, testContract } from '@dynsrv/srv-resolver/contract'
      const start = async () => {
        const resolver = staticResolver([...CONTRACT_RECORDS, ...CONTRACT_UNUSABLE_RECORDS])
        return { resolver, breakDown: () => resolver.close(), [Symbol.asyncDispose]: async () => undefined }
      }
      testContract(test, resolverContract(start))
    `
    const args = ['--test-reporter=tap', '--input-type=module', '--eval', program]
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: fileURLToPath(PACKAGE) })
    expect(stdout).toMatch(/^# pass 1\d$/m)
    expect(stdout).toMatch(/^# fail 0$/m)
  })
})
