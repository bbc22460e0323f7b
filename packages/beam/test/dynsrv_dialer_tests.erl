%% The dialer with a connect of the test's own, which is told what each peer does.
-module(dynsrv_dialer_tests).
-export([dials_test_/0, claims_test/0, connect/2]).

dials_test_() ->
    [{"a new peer is dialled, and one that is connected is not", fun new/0},
     {"no more begin at once than there are places", fun places/0},
     {"a dial that takes long gives up its place", fun slow/0},
     {"a dial that takes too long ends", fun late/0},
     {"a peer that fails is dialled again, each time later", fun again/0},
     {"one that refuses waits no longer than a poll", fun refused/0},
     {"one that returns, or has moved, is dialled at once", fun hastened/0},
     {"one that is wanted no more is not dialled", fun forgotten/0},
     {"a connect of the user's own that fails is a failed dial", fun broken/0}].

%% Does what the test said of this peer, and tells of the dial.
connect(Test, Node) ->
    Test ! {dialled, Node},
    receive_instruction(Test, Node).

receive_instruction(Test, Node) ->
    Test ! {what, self(), Node},
    receive
        {does, crash} -> error(on_purpose);
        {does, Result} -> Result
    end.

dialer(More) ->
    dynsrv_dialer:new(maps:merge(#{parallel => 2, connect => {?MODULE, connect, [self()]}, connect_timeout_ms => 5000,
                                   retry_base_ms => 10, retry_max_ms => 1000, polling_interval => 40}, More)).

want(Names, Dialer) ->
    dynsrv_dialer:want(maps:from_list([{Name, []} || Name <- Names]), #{}, [], Dialer).

dialled() ->
    receive {dialled, Node} -> Node after 2000 -> nobody end.

%% Nobody else is dialled before the dialer hears something.
quiet() ->
    receive {dialled, Node} -> error({dialled, Node}) after 0 -> ok end.

tell(Node, Does) ->
    receive {what, Pid, Node} -> Pid ! {does, Does}, ok after 2000 -> error({not_dialled, Node}) end.

%% Hands the dialer its messages until it says something.
event(Dialer0) ->
    receive
        Message when element(1, Message) =:= dynsrv_dial; element(1, Message) =:= 'DOWN' ->
            case dynsrv_dialer:handle(Message, Dialer0) of
                {none, Dialer} -> event(Dialer);
                {Event, Dialer} -> {Event, Dialer}
            end
    after 3000 -> error(no_event)
    end.

new() ->
    Dialer = dynsrv_dialer:want(#{<<"a@t">> => [], <<"b@t">> => []}, #{<<"b@t">> => true}, [], dialer(#{})),
    'a@t' = dialled(),
    tell('a@t', true),
    {{connected, <<"a@t">>}, _} = event(Dialer),
    quiet().

places() ->
    Dialer = want([<<"a@t">>, <<"b@t">>, <<"c@t">>], dialer(#{})),
    Two = lists:sort([dialled(), dialled()]),
    quiet(),
    tell(hd(Two), true),
    {{connected, _}, _} = event(Dialer),
    Third = dialled(),
    false = lists:member(Third, Two).

slow() ->
    Dialer = want([<<"a@t">>, <<"b@t">>], dialer(#{parallel => 1})),
    First = dialled(),
    quiet(),
    %% Nobody answers; after 250 ms the second begins beside it.
    {none, _} = receive {dynsrv_dial, place, _} = Message -> dynsrv_dialer:handle(Message, Dialer) end,
    Second = dialled(),
    true = First =/= Second.

late() ->
    Dialer = want([<<"a@t">>], dialer(#{connect_timeout_ms => 20})),
    {{failed, <<"a@t">>, timeout, 1, _}, _} = event(Dialer).

again() ->
    {Delays, _} = lists:mapfoldl(fun(_, Dialer0) ->
                                         tell('a@t', false),
                                         {{failed, _, no_place, _, Ms}, Dialer} = event(Dialer0),
                                         {none, Next} = receive {dynsrv_dial, retry, _} = M -> dynsrv_dialer:handle(M, Dialer) after 3000 -> error(no_retry) end,
                                         {Ms, Next}
                                 end, want([<<"a@t">>], dialer(#{})), lists:seq(1, 4)),
    true = lists:all(fun({Ms, Most}) -> Ms =< Most andalso Ms >= Most div 2 end, lists:zip(Delays, [10, 20, 40, 80])).

refused() ->
    {ok, Listening} = gen_tcp:listen(0, [{ip, {127, 0, 0, 1}}]),
    {ok, Port} = inet:port(Listening),
    gen_tcp:close(Listening),
    Options = #{retry_base_ms => 10, retry_max_ms => 100000, polling_interval => 40},
    Start = dynsrv_dialer:want(#{<<"a@127.0.0.1">> => [{a, {127, 0, 0, 1}, Port}]}, #{}, [], dialer(Options)),
    lists:foldl(fun(_, Dialer0) ->
                        tell('a@127.0.0.1', false),
                        {{failed, _, {refused, _}, _, Ms}, Dialer} = event(Dialer0),
                        true = Ms =< 40,
                        {none, Next} = receive {dynsrv_dial, retry, _} = M -> dynsrv_dialer:handle(M, Dialer) end,
                        Next
                end, Start, lists:seq(1, 6)).

hastened() ->
    Failed = fun() ->
                     Dialer = want([<<"a@t">>], dialer(#{retry_base_ms => 100000, retry_max_ms => 100000})),
                     dialled(),
                     tell('a@t', false),
                     {{failed, _, _, _, _}, Next} = event(Dialer),
                     quiet(),
                     Next
             end,
    dynsrv_dialer:want(#{<<"a@t">> => []}, #{}, [<<"a@t">>], Failed()),
    'a@t' = dialled(),
    receive {what, _, 'a@t'} -> ok end,
    dynsrv_dialer:want(#{<<"a@t">> => [{a, {127, 0, 0, 1}, 1}]}, #{}, [], Failed()),
    'a@t' = dialled().

forgotten() ->
    Dialer = want([<<"a@t">>], dialer(#{})),
    receive {what, Pid, 'a@t'} ->
            Ref = monitor(process, Pid),
            want([], Dialer),
            receive {'DOWN', Ref, process, Pid, killed} -> ok after 2000 -> error(still_dialling) end
    end.

broken() ->
    Dialer = want([<<"a@t">>], dialer(#{})),
    tell('a@t', crash),
    {{failed, <<"a@t">>, {on_purpose, _}, 1, _}, _} = event(Dialer).

%% A node is let go when no living membership counts it.
claims_test() ->
    dynsrv_claims:new(),
    Other = spawn(fun() -> receive stop -> ok end end),
    Ref = monitor(process, Other),
    dynsrv_claims:claim(<<"a@t">>, self()),
    dynsrv_claims:claim(<<"a@t">>, Other),
    false = dynsrv_claims:release(<<"a@t">>, self()),
    Other ! stop,
    receive {'DOWN', Ref, _, _, _} -> ok end,
    true = dynsrv_claims:release(<<"a@t">>, self()).
