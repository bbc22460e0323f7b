import { companionArgs, startErl } from '@dynsrv/tools/beam'
import { tlsDistArgs } from '@dynsrv/tools/certificates'
import type { MemberPlace, MemberState, SoakMember } from './soak-member.ts'

// Serves and calls as the nodes of ours do. `pg` and `global` are OTP's own.
const PROGRAM = `
  C = counters:new(3, []),
  persistent_term:put(soak, C),
  spawn(fun() ->
    register(soak, self()),
    (fun Serve() -> receive {'$gen_call', From, {double, N}} -> gen:reply(From, {ok, N * 2}), Serve(); _ -> Serve() end end)()
  end),
  pg:start(pg),
  (fun Wait() -> case whereis(soak) of undefined -> timer:sleep(1), Wait(); _ -> ok end end)(),
  ok = pg:join(all, whereis(soak)),
  yes = global:register_name(LABEL, whereis(soak)),
  spawn(fun() ->
    (fun Call(I) ->
      case nodes(connected) of
        [] -> timer:sleep(50);
        Peers ->
          Peer = lists:nth(1 + I rem length(Peers), Peers),
          try gen_server:call({soak, Peer}, {double, I}, 1000) of
            {ok, V} when V =:= I * 2 -> counters:add(C, 1, 1);
            _ -> counters:add(C, 2, 1)
          catch _:_ -> counters:add(C, 3, 1), timer:sleep(50)
          end
      end,
      timer:sleep(5),
      Call(I + 1)
    end)(0)
  end),
  ok`

const STATE = `
  C = persistent_term:get(soak),
  [Calls, Wrong, Unanswered] = [counters:get(C, I) || I <- [1, 2, 3]],
  {lists:sort([atom_to_binary(N) || N <- nodes(connected)]), length(pg:get_members(all)),
   lists:sort([atom_to_binary(N) || N <- global:registered_names()]), Calls, Wrong, Unanswered}`

/** A stock Erlang node in the soak. */
export async function startErlangMember(place: MemberPlace): Promise<SoakMember> {
  const { certificate, machine, label, name, cookie, dns, port } = place
  const tls = certificate === undefined ? [] : tlsDistArgs(certificate)
  const beam = await startErl({
    name,
    cookie,
    namespace: machine.namespace,
    args: [...companionArgs(), '-kernel', 'net_ticktime', '4', '-kernel', 'net_setuptime', '2', ...tls],
    env: { ERL_DIST_PORT: String(port), DYNSRV_DNS: dns },
  })
  await beam.eval(PROGRAM.replace('LABEL', `'${label}'`))
  return {
    kind: 'erlang',
    state: async () => {
      const json = (await beam.eval(STATE))
        .replaceAll(/<<("[^"]*")>>/g, '$1')
        .replaceAll('{', '[')
        .replaceAll('}', ']')
      const [links, group, names, calls, wrong, unanswered] = JSON.parse(json) as [
        ...[string[], number, string[], number, number, number],
      ]
      return { links, group, names, calls, wrong, unanswered } satisfies MemberState
    },
    signal: (signal) => beam.signal(signal),
    kill: () => beam.kill(),
    [Symbol.asyncDispose]: () => beam.kill(),
  }
}
