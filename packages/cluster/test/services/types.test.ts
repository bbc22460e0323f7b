import { type Atom, type Contract, type Term, t } from '@dynsrv/etf'
import type { CallOptions, Node } from '@dynsrv/node'
import { expectTypeOf, it } from 'vitest'
import type { Cluster, MemberService, Service, ServiceCallOptions } from '../../src/index.ts'

it('a target with a process can be called, and members cannot', () => {
  const name = null as unknown as Atom
  // Never run: only the types count.
  const targets = (cluster: Cluster) => ({
    text: cluster.service('MyApp.Stock'),
    atom: cluster.service(name),
    named: cluster.service({ name: 'MyApp.Stock', topology: 'shop' }, { idempotent: true }),
    group: cluster.service({ pg: name, scope: 'shop' }),
    all: cluster.service(),
    empty: cluster.service({}),
    topology: cluster.service({ topology: 'shop' }),
  })
  type Targets = ReturnType<typeof targets>
  expectTypeOf<Targets['text' | 'atom' | 'named' | 'group']>().toEqualTypeOf<Service>()
  expectTypeOf<Targets['all' | 'empty' | 'topology']>().toEqualTypeOf<MemberService>()
  expectTypeOf<MemberService>().not.toHaveProperty('call')
  expectTypeOf<MemberService>().not.toHaveProperty('cast')
  // @ts-expect-error an option that does not exist
  const wrong = (cluster: Cluster) => cluster.service('x', { retries: 3 })
  expectTypeOf(wrong).toBeFunction()
})

it('calls take what those of a node take, and a schema types the reply', () => {
  expectTypeOf<keyof CallOptions>().toExtend<keyof ServiceCallOptions>()
  const typed = (service: Service) => service.call(1, { reply: t.integer(), idempotent: true })
  expectTypeOf<Awaited<ReturnType<typeof typed>>>().toEqualTypeOf<Awaited<ReturnType<typeof plain>>>()
  const untyped = (service: MemberService) => service.erpc('stock', 'count')
  expectTypeOf<ReturnType<typeof untyped>>().toEqualTypeOf<Promise<Term>>()
  const plain = (node: Node) => node.call('x', 1, { reply: t.integer() })
  const client = (service: MemberService, contract: Contract<{ count: () => Promise<number> }>) =>
    service.module(contract)
  expectTypeOf<ReturnType<typeof client>>().toEqualTypeOf<{ count: () => Promise<number> }>()
})
