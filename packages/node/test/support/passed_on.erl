%% Sends terms through a node that only passes them on, and compares what comes out with what went in.
-module(passed_on).
-export([changed/4, raise/1, told/2, names/0]).

%% The terms that came back changed from one way through Node, or did not come back.
changed(Way, Node, Seed, Count) ->
    _ = rand:seed(exsss, {Seed, 2, 3}),
    Terms = fixed() ++ [term(4) || _ <- lists:seq(1, Count)],
    [{Term, Back} || Term <- Terms, Back <- way(Way, Node, Term), not same(Back, Term)].

same(A, B) -> A =:= B andalso term_to_binary(A) =:= term_to_binary(B).

%% What a function does that is called through Node.
raise(Class) -> erlang:raise(Class, persistent_term:get(raised), []).

%% Names for a global name server: they must be the same on every node, and so have nothing of one node inside.
names() -> [{x, 1.0}, {x, 1}, #{1.0 => <<"one">>, a => [-0.0]}, <<"text">>, <<5:3>>, "list", [a | b], 1 bsl 70].

%% Registers them at the name server of another node, as a node that shares names with it does.
told(Node, Pid) ->
    [gen_server:call({global_name_server, Node}, {register, Name, Pid, {Name, fun lists:map/2}}) || Name <- names()].

way(linked, Node, Term) ->
    {First, Last} = gen_server:call({chain, Node}, chain),
    ended(Last, fun() -> spawn(fun() -> link(First), exit(Term) end) end);
way(told, Node, Term) ->
    {First, Last} = gen_server:call({chain, Node}, chain),
    ended(Last, fun() -> exit(First, Term) end);
way(terminated, Node, Term) ->
    Server = gen_server:call({chain, Node}, server),
    ended(Server, fun() -> Server ! {system, {self(), make_ref()}, {terminate, Term}} end);
way(spawned, Node, Term) ->
    Self = self(),
    Linked = spawn(fun() -> Self ! {self(), ready}, receive {die, Reason} -> exit(Reason) end end),
    Id = spawn(fun() ->
        process_flag(trap_exit, true),
        Pid = spawn_request(Node, js, forever, [], [monitor, link]),
        receive {spawn_reply, Pid, ok, Spawned} -> Self ! {spawned, Spawned} end,
        receive {'DOWN', Pid, process, _, Reason} -> Self ! {reason, Reason} end
    end),
    receive {Linked, ready} -> ok end,
    receive {spawned, Spawned} -> exit(Spawned, Term) after 5000 -> exit(Id, kill) end,
    [receive {reason, Reason} -> Reason after 5000 -> exit(nothing_came) end];
way(tag, Node, Term) ->
    [begin
        To ! {'$gen_call', {self(), {tag, Term}}, Request},
        receive {{tag, Back}, _} -> Back after 5000 -> exit({nothing_came, To}) end
    end || {To, Request} <- [{{chain, Node}, ping}, {{chain, Node}, later}, {{net_kernel, Node}, {is_auth, node()}}]];
way(system, Node, Term) ->
    [begin
        To ! {system, {self(), {tag, Term}}, {what, Term}},
        receive {{tag, Term}, {error, {unknown_system_msg, {what, Back}}}} -> Back
        after 5000 -> exit({nothing_came, To}) end
    end || To <- [{chain, Node}, {rex, Node}, {net_kernel, Node}]];
way(erpc, Node, Term) ->
    Asked = spawn_request(Node, erpc, execute_call, [{id, Term}, js, forget, [Term]], [monitor]),
    receive {spawn_reply, Asked, ok, _} -> ok end,
    [receive {'DOWN', Asked, process, _, {{id, Back}, return, nil}} -> Back after 5000 -> exit(nothing_came) end];
way(undef, Node, Term) ->
    [try erpc:call(Node, nomodule, f, [Term]) catch error:{exception, undef, [{nomodule, f, [Back], []} | _]} -> Back end,
     case rpc:block_call(Node, nomodule, f, [Term]) of {badrpc, {'EXIT', {undef, [{nomodule, f, [Back], []} | _]}}} -> Back end,
     case rpc:block_call(Node, js, forget, [Term]) of nil -> Term end];
way(waiting, Node, Term) ->
    %% The second waits until the first is done.
    {rex, Node} ! {self(), {block_call, js, slow, [], group_leader()}},
    {rex, Node} ! {self(), {block_call, nomodule, f, [Term], group_leader()}},
    ok = gen_server:call({chain, Node}, go),
    receive {rex, nil} -> ok end,
    [receive {rex, {badrpc, {'EXIT', {undef, [{nomodule, f, [Back], []} | _]}}}} -> Back end];
way(raised, Node, Term) ->
    ok = persistent_term:put(raised, {t, Term, t}),
    [try erpc:call(Node, js, raise, [How, Class]) of Value -> {returned, Value}
     catch throw:{t, Back, t} -> Back; exit:{exception, {t, Back, t}} -> Back; error:{exception, {t, Back, t}, _} -> Back end
     || {How, Class} <- [{erpc, throw}, {erpc, exit}, {erpc, error}, {rpc, exit}, {rpc, error}]];
way(io, Node, Term) ->
    {user, Node} ! {io_request, self(), {as, Term}, {put_chars, unicode, <<>>}},
    [receive {io_reply, {as, Back}, ok} -> Back after 5000 -> exit(nothing_came) end];
way(sbcast, Node, Term) ->
    {rex, Node} ! {self(), {sbcast, {no, Term}, hello}},
    [receive {rex, _, {nonexisting_name, {no, Back}}} -> Back after 5000 -> exit(nothing_came) end].

%% What a watcher and a linked process hear of the end of a process.
ended(Pid, End) ->
    Self = self(),
    {_, Ref} = spawn_monitor(fun() ->
        process_flag(trap_exit, true),
        link(Pid),
        Monitor = monitor(process, Pid),
        %% What ends it is sent by another process, and may overtake the link.
        pong = net_adm:ping(node(Pid)),
        End(),
        Exit = receive {'EXIT', Pid, One} -> One after 5000 -> exit(nothing_came) end,
        Down = receive {'DOWN', Monitor, process, _, Two} -> Two after 5000 -> exit(nothing_came) end,
        Self ! {ended, [Exit, Down]}
    end),
    Reasons = receive {ended, Both} -> Both; {'DOWN', Ref, process, _, Why} -> [{failed, Why}] end,
    true = demonitor(Ref, [flush]),
    Reasons.

fixed() ->
    Atoms = [list_to_atom("atom_" ++ integer_to_list(N)) || N <- lists:seq(1, 300)],
    [{x, 1.0}, {x, 1.0}, {x, 1}, -0.0, {Atoms, 1.0}, {Atoms, 2.0},
     #{1 => a, 1.0 => b}, #{a => 1, <<"a">> => 1.0}, #{a => 1.0},
     #{'__struct__' => 'Elixir.Range', first => 1, last => 2.0, step => 1},
     #{'__struct__' => 'Elixir.ArgumentError', '__exception__' => true, message => <<"x">>},
     maps:from_list([{N, float(N)} || N <- lists:seq(1, 100)]),
     maps:from_list([{-N, N} || N <- lists:seq(1, 32)]),
     %% These travel in fragments.
     {1.0, binary:copy(<<"ü"/utf8>>, 100000)},
     [float(N) || N <- lists:seq(1, 20000)],
     {Atoms, [{lists:nth(N rem 300 + 1, Atoms), float(N)} || N <- lists:seq(1, 10000)]},
     lists:foldl(fun(_, Inner) -> {1.0, Inner} end, [], lists:seq(1, 300)),
     hd(erlang:ports()), fun erlang:node/1].

term(Depth) ->
    case rand:uniform(if Depth =< 0 -> 15; true -> 22 end) of
        1 -> rand:uniform(600) - 300;
        2 -> rand:uniform(1 bsl 80) - (1 bsl 79);
        3 -> float(rand:uniform(10) - 5);
        4 -> rand:normal() * math:pow(10, rand:uniform(600) - 300);
        5 -> lists:nth(rand:uniform(8), [nil, undefined, true, false, '', 'Elixir.Date', 'grün', '$gen_call']);
        6 -> lists:nth(rand:uniform(4), [<<>>, <<"text">>, <<"größer"/utf8>>, <<255, 0>>]);
        7 -> <<5:3>>;
        8 -> "string";
        9 -> [256, 1114112];
        10 -> make_ref();
        11 -> self();
        12 -> fun lists:map/2;
        13 -> [];
        14 -> {};
        15 -> #{};
        16 -> list_to_tuple(terms(Depth));
        17 -> terms(Depth);
        18 -> [term(Depth - 1) | term(Depth - 1)];
        19 -> maps:from_list(lists:zip(terms(Depth, 5), terms(Depth, 5)));
        20 -> maps:from_list([{list_to_atom([$k, $0 + N]), Value} || {N, Value} <- lists:enumerate(terms(Depth))]);
        21 -> Inner = term(Depth - 1), fun() -> Inner end;
        22 -> #{'__struct__' => 'Elixir.MapSet', map => #{term(Depth - 1) => []}, version => 2}
    end.

terms(Depth) -> terms(Depth, rand:uniform(4)).
terms(Depth, Count) -> [term(Depth - 1) || _ <- lists:seq(1, Count)].
