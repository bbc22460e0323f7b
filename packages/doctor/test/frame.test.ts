import { readdir, readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { CATALOGUE } from '../src/catalogue/catalogue.ts'
import { type Check, check, GROUPS, NotApplicable } from '../src/check.ts'
import { CHECKS, checksFor } from '../src/checks.ts'
import { DoctorContext, type DoctorOptions } from '../src/context.ts'
import { examine } from '../src/examine.ts'
import { type Finding, finding, type Severity } from '../src/finding.ts'
import { verdicts } from '../src/verdict.ts'
import { checkFiles } from './check-files.ts'

const OPTIONS: DoctorOptions = {
  services: [],
  dns: [],
  peers: [],
  timeoutMs: 1_000,
  intervalMs: 1_000,
  fingerprint: false,
  env: {},
  resolvConf: '/nonexistent',
}

function found(severity: Severity, message: string, node?: string): Finding {
  return finding(severity, 'NODE_REFUSED', message, { ...(node !== undefined && { node }) })
}

function made(id: string, findings: readonly Finding[], needs: readonly string[] = []): Check {
  return check({ id, group: 'dns', title: id, needs, look: async () => findings, judge: (facts) => facts })
}

async function run(checks: readonly Check[]) {
  await using context = new DoctorContext(OPTIONS)
  return examine(checks, context)
}

describe('an examination', () => {
  it('leaves out a check whose cause is broken, wherever the two stand', async () => {
    const late = made('late', [found('error', 'consequence')], ['early'])
    const early = made('early', [found('error', 'cause')])
    const results = await run([late, early])
    expect(results.map(({ check: { id }, status, reason }) => [id, status, reason])).toEqual([
      ['late', 'skipped', 'early must be fixed first'],
      ['early', 'error', undefined],
    ])
  })

  it('makes a check whose needs are fine, warned of or not there', async () => {
    const results = await run([made('a', [found('warning', 'w')]), made('b', [found('error', 'e')], ['a', 'nowhere'])])
    expect(results.map(({ status }) => status)).toEqual(['warning', 'error'])
  })

  it('tells why there is nothing to look at, and survives a check that breaks', async () => {
    const nothing = check({
      id: 'nothing',
      group: 'dns',
      title: '',
      look: () => Promise.reject(new NotApplicable('no TLS')),
      judge: () => [],
    })
    const broken = check({
      id: 'broken',
      group: 'dns',
      title: '',
      look: async () => ({}),
      judge: () => {
        throw new TypeError('oops')
      },
    })
    const [skipped, failed] = await run([nothing, broken])
    expect(skipped).toMatchObject({ status: 'skipped', reason: 'no TLS' })
    expect(failed).toMatchObject({ status: 'warning', findings: [{ code: 'DOCTOR_CHECK_FAILED', message: 'oops' }] })
  })

  it('looks each fact up once, and closes what was opened, the latest first', async () => {
    const closed: string[] = []
    let asked = 0
    const probe = async (context: DoctorContext) => {
      asked += 1
      context.defer(() => void closed.push(`${asked}`))
      context.defer(async () => void closed.push('later'))
      return asked
    }
    {
      await using context = new DoctorContext(OPTIONS)
      expect(await Promise.all([context.get(probe), context.get(probe)])).toEqual([1, 1])
    }
    expect(closed).toEqual(['later', '1'])
  })
})

describe('verdicts', () => {
  it('come gravest first, and causes before consequences', async () => {
    const results = await run([
      made('D42', [found('warning', 'slow')]),
      made('D20', [found('error', 'refused')]),
      made('D07', [found('error', 'cookie'), found('info', 'by the way')]),
    ])
    expect(verdicts(results).map(({ check: id, message }) => `${id} ${message}`)).toEqual([
      'D20 refused',
      'D07 cookie',
      'D42 slow',
      'D07 by the way',
    ])
  })

  it('tell once what hits several nodes in the same way', async () => {
    const [one, ...others] = verdicts(
      await run([
        made('D20', [
          found('error', 'a@x refuses', 'a@x'),
          found('error', 'b@x refuses', 'b@x'),
          found('error', 'c@x hangs up', 'c@x'),
        ]),
      ]),
    )
    expect(others).toEqual([])
    expect(one).toMatchObject({
      message: 'a@x refuses, and 2 more',
      nodes: ['a@x', 'b@x', 'c@x'],
      evidence: ['the same: b@x', 'c@x hangs up'],
    })
  })
})

describe('the checks', () => {
  it('have an id each, by which their files are named', async () => {
    const ids = CHECKS.map(({ id }) => id.toLowerCase())
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^[cd]\d\d$/)
    const files = (await checkFiles()).map((name) => name.slice(0, 3))
    expect(files).toEqual(ids.toSorted())
  })

  it('report every code that the doctor has words for', async () => {
    const folder = new URL('../src/', import.meta.url)
    const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts'))
    const sources = await Promise.all(names.map((name) => readFile(new URL(name, folder), 'utf8')))
    const worded = sources.flatMap((text) => [...text.matchAll(/= words\('(\w+)'/g)].map(([, code]) => code!))
    expect(Object.keys(CATALOGUE.doctor!).sort()).toEqual(worded.sort())
  })

  it('need only what is there, and nothing in a circle', () => {
    const byId = new Map(CHECKS.map((one) => [one.id, one]))
    const reach = (id: string, seen: readonly string[]): void => {
      expect(seen, `${seen.join(' needs ')} needs ${id}`).not.toContain(id)
      for (const need of byId.get(id)!.needs) reach(need, [...seen, id])
    }
    for (const { id } of CHECKS) reach(id, [])
  })

  it('stand in the order of their groups', () => {
    const order = CHECKS.map(({ group }) => Object.keys(GROUPS).indexOf(group))
    expect(order).toEqual(order.toSorted((a, b) => a - b))
  })

  it('look at a Compose file alone, or at a cluster alone, or at both', () => {
    const groups = (more: Partial<DoctorOptions>) =>
      new Set(checksFor({ ...OPTIONS, ...more }).map(({ group }) => group))
    expect([...groups({ compose: ['x.yml'] })]).toEqual(['compose'])
    expect(groups({ services: ['a.b'] }).has('compose')).toBe(false)
    expect(groups({ services: ['a.b'], compose: ['x.yml'] }).size).toBe(Object.keys(GROUPS).length)
  })
})
