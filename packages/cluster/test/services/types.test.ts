import type { Atom, Sendable, Term } from '@dynsrv/etf'
import type { CallOptions } from '@dynsrv/node'
import { expectTypeOf, it } from 'vitest'
import type { Cluster, ErpcCaller, MemberService, Service, ServiceCallOptions } from '../../src/index.ts'

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

it('calls take what those of a node take', () => {
  expectTypeOf<keyof CallOptions>().toExtend<keyof ServiceCallOptions>()
  expectTypeOf<Service['call']>().toEqualTypeOf<(request: Sendable, options?: ServiceCallOptions) => Promise<Term>>()
  expectTypeOf<Service>().toExtend<ErpcCaller>()
  const client = (service: MemberService) =>
    service.module((caller) => ({ count: () => caller.erpc('stock', 'count') }))
  expectTypeOf<ReturnType<typeof client>>().toEqualTypeOf<{ count: () => Promise<Term> }>()
})
