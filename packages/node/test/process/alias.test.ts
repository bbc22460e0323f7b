import { atom, Reference, tuple } from '@dynsrv/etf'
import { expect, it } from 'vitest'
import { startBeamPeer } from '../support/beam-peer.ts'
import { startOurs } from '../support/nodes.ts'

it('messages go to an alias of a BEAM process, until it is taken back', async () => {
  await using erl = await startBeamPeer('aliased')
  await using node = await startOurs('sends')
  await node.connect(erl.name)
  using inbox = node.mailbox('inbox')
  // OTP 23 has no aliases: a peer that does not know them is sent none.
  const known = (await erl.eval('erlang:function_exported(erlang, alias, 0)')) === 'true'
  await erl.eval(`R = case ${known} of true -> apply(erlang, alias, []); false -> make_ref() end, put(r, R),
    {inbox, '${node.self}'} ! {alias, R}`)
  const [, ref] = (await inbox.receive({ timeoutMs: 20_000 })) as Iterable<unknown>
  expect(ref).toBeInstanceOf(Reference)
  expect(node.send(ref as Reference, 'first')).toBe(known)
  if (known) expect(await erl.eval('receive M -> M after 20000 -> nothing end')).toBe('<<"first">>')
  if (known) await node.send(ref as Reference, 'second', { whenBusy: 'wait' })
  if (known) expect(await erl.eval('receive M -> M after 20000 -> nothing end')).toBe('<<"second">>')
  await erl.eval(`${known} andalso apply(erlang, unalias, [get(r)])`)
  inbox.send(ref as Reference, 'late')
  await node.ping(erl.name)
  expect(await erl.eval('receive M -> M after 0 -> nothing end')).toBe('nothing')
})

it('an alias of ours leads to its process from here and from a BEAM node', async () => {
  await using erl = await startBeamPeer('sends')
  await using node = await startOurs('aliased')
  await node.connect(erl.name)
  await erl.eval(`register(relay, spawn(fun() -> (fun Loop() -> receive
    {to, To, What} -> catch (To ! What), Loop() end end)() end))`)
  const relay = { name: 'relay', node: erl.name }
  const inbox = node.mailbox()
  const known = (await erl.eval('erlang:function_exported(erlang, alias, 0)')) === 'true'
  const lasting = node.alias(inbox)
  const single = node.alias(inbox, { once: true })
  const ours = { ref: lasting.ref, say: (ref: Reference, what: string) => inbox.send(ref, what) }
  expect(ours.say(ours.ref, 'here')).toBe(true)
  expect(await inbox.receive()).toBe('here')
  if (known) {
    for (const what of ['one', 'two']) inbox.send(relay, tuple(atom('to'), lasting.ref, atom(what)))
    expect(await inbox.receive({ timeoutMs: 20_000 })).toBe(atom('one'))
    expect(await inbox.receive({ timeoutMs: 20_000 })).toBe(atom('two'))
  }
  expect([ours.say(single.ref, 'only'), ours.say(single.ref, 'again')]).toStrictEqual([true, false])
  expect(await inbox.receive()).toBe('only')
  lasting[Symbol.dispose]()
  inbox.send(relay, tuple(atom('to'), lasting.ref, atom('late')))
  inbox.send(relay, tuple(atom('to'), inbox.pid, atom('end')))
  expect(await inbox.receive({ timeoutMs: 20_000 })).toBe(atom('end'))
  const last = node.alias(inbox)
  inbox.close()
  expect(node.send(last.ref, 'nobody')).toBe(false)
  expect(() => node.alias(inbox)).toThrow(expect.objectContaining({ code: 'NODE_NO_PROCESS' }))
})

it('an exit of OTP 29 to an alias of ours reaches its process, as long as the alias is active', async () => {
  await using erl = await startBeamPeer('exits', { suite: 'forky' })
  await using node = await startOurs('aliased')
  await node.connect(erl.name)
  await erl.eval(`register(relay, spawn(fun() -> (fun Loop() -> receive
    {exit, To, Why} -> exit(To, Why), Loop() end end)() end))`)
  const relay = { name: 'relay', node: erl.name }
  const inbox = node.mailbox({ trapExit: true })
  const { ref, ...alias } = node.alias(inbox)
  inbox.send(relay, tuple(atom('exit'), ref, atom('first')))
  const exit = await inbox.receive({ timeoutMs: 20_000 })
  expect(exit).toMatchObject({ elements: [atom('EXIT'), { node: atom(erl.name) }, atom('first')] })
  alias[Symbol.dispose]()
  inbox.send(relay, tuple(atom('exit'), ref, atom('late')))
  inbox.send(relay, tuple(atom('exit'), inbox.pid, atom('last')))
  expect(await inbox.receive({ timeoutMs: 20_000 })).toMatchObject({ elements: [atom('EXIT'), {}, atom('last')] })
}, 240_000)
