import { atom, clause, contract, t, tuple } from '@dynsrv/etf'
import { RemoteError } from '@dynsrv/node'
import { expect, it } from 'vitest'
import { memberCall } from '../src/member-call.ts'

const undef = (name: string, arity: number) =>
  new RemoteError('error', atom('undef'), { stacktrace: [tuple(atom('Elixir.Stock'), atom(name), arity, [])] })

/** A cluster whose members answer as is said. */
function cluster(answers: Record<string, () => unknown>) {
  const asked: string[] = []
  const erpc = async (member: string) => {
    asked.push(member)
    return answers[member]!() as never
  }
  return { asked, members: () => Object.keys(answers), node: { erpc } }
}

const fail = (error: unknown) => () => {
  throw error
}

it('asks the next member only when one does not know the function, and keeps the one that does', async () => {
  const members = cluster({ 'a@h': fail(undef('count', 1)), 'b@h': () => 7 })
  const call = memberCall(members, () => 'Elixir.Stock', {})
  expect(await call('count', [1])).toBe(7)
  expect(await call('count', [1])).toBe(7)
  expect(members.asked).toEqual(['a@h', 'b@h', 'b@h'])
})

it('asks nobody else when the function ran, or may have', async () => {
  for (const error of [undef('other', 1), undef('count', 2), new Error('lost')]) {
    const members = cluster({ 'a@h': fail(error), 'b@h': () => 7 })
    await expect(memberCall(members, () => 'Elixir.Stock', {})('count', [1])).rejects.toBe(error)
    expect(members.asked).toEqual(['a@h'])
  }
})

it('says who was asked when nobody knows it', async () => {
  const members = cluster({ 'a@h': fail(undef('count', 1)), 'b@h': fail(undef('count', 1)) })
  await expect(memberCall(members, () => 'Elixir.Stock', {})('count', [1])).rejects.toMatchObject({
    code: 'DYNSRV_NO_MODULE',
    message: 'Elixir.Stock:count/1 cannot be called: none of a@h, b@h has it',
  })
  await expect(memberCall(cluster({}), () => 'lists', {})('seq', [])).rejects.toThrow('no member is connected')
})

it('calls only the node that is named', async () => {
  const members = cluster({ 'a@h': () => 1, 'b@h': fail(undef('count', 1)) })
  const call = memberCall(members, () => 'Elixir.Stock', { node: 'b@h' })
  await expect(call('count', [1])).rejects.toMatchObject({ code: 'NODE_REMOTE_ERROR' })
  expect(members.asked).toEqual(['b@h'])
})

it('is what cluster.module calls', async () => {
  const { start } = await import('../src/index.ts')
  await using running = await start({
    service: 'my-service.test',
    name: 'api-1@my-service.test',
    cookie: 'c',
    host: '127.0.0.1',
    port: 0,
    dns: '127.0.0.1:1',
    env: {},
  })
  running.node.expose('Elixir.Stock', { 'count/1': (all: unknown) => (all === 'x' ? 3 : 0) } as never)
  interface Stock {
    count(name: string): Promise<number>
  }
  const Stock = contract<Stock>('Elixir.Stock', { count: { name: 'count', clauses: [clause([t.text()], t.int())] } })
  const stock = running.module(Stock, { node: running.self })
  expect(await stock.count('x')).toBe(3)
  await expect(running.module(Stock).count('x')).rejects.toMatchObject({ code: 'DYNSRV_NO_MODULE' })
})
