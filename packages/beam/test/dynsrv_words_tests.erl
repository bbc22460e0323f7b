%% Every event has its sentence, and every reason of every kind too.
-module(dynsrv_words_tests).
-export([sentences_test_/0, levels_test/0, counted_test/0, options_test_/0, near_limit_test_/0, window_test_/0]).

sentences_test_() ->
    Node = <<"a@svc.test">>,
    Dials = [{refused, "10.0.0.1:1"}, {silent, "10.0.0.1:1"}, {handshake, "10.0.0.1:1"}, {unreachable, "10.0.0.1:1", ehostunreach},
             {unresolved, "svc.test"}, no_place, not_distributed, timeout, no_link, too_many_names, something_else],
    Downs = [connection_closed, net_tick_timeout, disconnect, undefined, something_else],
    Lookups = [{lookup_failed, "svc.test", R} || R <- [timeout, servfail, refused, formerr, econnrefused, other]]
        ++ [{bad_dynsrv_dns, "x"}, {no_usable_record, "svc.test", [{"t", "why"}]}, {resolver_gave, 1}, timeout, other],
    Events = [#{type => polled, nodes => [Node], expected => 1, connected => 1, failures => N} || N <- [0, 3]]
        ++ [#{type => discovery_failed, reason => R, failures => 1} || R <- Lookups]
        ++ [#{type => connect_failed, node => Node, reason => R, attempts => 1, retry_ms => 1500} || R <- Dials]
        ++ [#{type => lost, node => Node, reason => R} || R <- Downs]
        ++ [#{type => left, node => Node, missing_ms => 1000, connected => C} || C <- [true, false]]
        ++ [#{type => held, nodes => #{Node => R}} || R <- [empty, policy, rotating, share, stale, trimmed, unconfirmed, unmapped]]
        ++ [#{type => joined, node => Node}, #{type => ignored, target => <<"x">>, reason => <<"y">>}, #{type => deregistered},
            #{type => disconnect_failed, node => Node}, #{type => not_distributed}],
    [{lists:flatten(io_lib:format("~0tp", [Event])), fun() -> is_sentence(dynsrv_words:event(Event)) end} || Event <- Events].

is_sentence(Text) ->
    true = length(Text) > 10,
    true = io_lib:printable_unicode_list(Text),
    nomatch = re:run(Text, "~|\\{\\{", [{capture, none}]).

levels_test() ->
    Failed = fun(N) -> dynsrv_words:level(#{type => discovery_failed, failures => N}) end,
    [warning, info, none, info, none] = [Failed(N) || N <- [1, 2, 3, 4, 5]],
    notice = dynsrv_words:level(#{type => polled, failures => 2}),
    debug = dynsrv_words:level(#{type => polled, failures => 0}).

counted_test() ->
    Polled = #{type => polled, nodes => [a], expected => 1, connected => 0, failures => 0},
    "DNS names 1 node; 0 of 1 members are connected" = dynsrv_words:event(Polled),
    "DNS names 2 nodes; 0 of 1 members are connected" = dynsrv_words:event(Polled#{nodes := [a, b]}),
    "DNS answers again, after 1 failure: DNS names 0 nodes; 0 of 1 members are connected" =
        dynsrv_words:event(Polled#{nodes := [], failures := 1}).

options_test_() ->
    Good = [{service, "svc.test"}],
    Wrong = [{service, "a b"}, {service, 7}, {service, "dotless"}, {polling_interval, 0}, {polling_interval, 1.5}, {max_leave_share, 2},
             {leave, sometimes}, {leave, {all_of, []}}, {confirm_empty, -1}, {on_change, fun() -> ok end}, {connect, {a, b}},
             {topology, "text"}, {resolver, fun() -> [] end}, {port_name, "a b"}, {name, 7}, {discover_timeot_ms, 5}, {"service", 1}, wrong],
    [{lists:flatten(io_lib:format("~0tp is refused", [One])),
      fun() -> {error, {bad_option, [_ | _]}} = dynsrv_options:read(Good ++ [One]) end} || One <- Wrong]
        ++ [{"a list and a map are the same",
             fun() -> {ok, Read} = dynsrv_options:read(Good), {ok, Read} = dynsrv_options:read(#{service => <<"svc.test.">>}) end},
            {"deregistered links may stay",
             fun() -> {ok, #{leave := when_link_dropped}} = dynsrv_options:read([{disconnect_on_deregister, false} | Good]) end}].

%% As Consul cuts them: 3 records within 512 bytes, 17 within 1232, each with an address.
near_limit_test_() ->
    Target = fun(N) -> lists:flatten(io_lib:format("node-~2..0b.my-service.service.consul", [N])) end,
    Records = fun(Count) -> [{1, 1, 9000, Target(N)} || N <- lists:seq(1, Count)] end,
    Near = fun(Count, Addresses) -> dynsrv_srv:is_near_limit("my-service.service.consul", Records(Count), Addresses) end,
    [{"as many as fit", fun() -> true = lists:any(fun(Count) -> Near(Count, Count) end, [14, 15, 16, 17, 18]) end},
     {"far from it", fun() -> [false = Near(Count, Count) || Count <- [2, 7, 20, 40]] end},
     {"none", fun() -> false = Near(0, 0) end}].

window_test_() ->
    Answer = fun(Names) -> #{nodes => maps:from_list([{Name, []} || Name <- Names]), ignored => []} end,
    Take = fun(All) -> lists:foldl(fun(Names, {_, Window}) -> dynsrv_window:take(Answer(Names), Window) end,
                                   {none, dynsrv_window:new()}, All) end,
    A = <<"a">>, B = <<"b">>, C = <<"c">>,
    [{"what only grows or shrinks is taken as it is",
      fun() -> {#{nodes := Nodes} = Last, _} = Take([[A], [A, B], [A, B, C], [A]]), [A] = maps:keys(Nodes), false = maps:is_key(trimmed, Last) end},
     {"two that contradict each other are one truth",
      fun() -> {#{nodes := Nodes, trimmed := true}, _} = Take([[A, B], [B, C]]), [A, B, C] = lists:sort(maps:keys(Nodes)) end},
     {"capitals contradict nothing", fun() -> {Last, _} = Take([[<<"A">>, B], [A, <<"B">>]]), false = maps:is_key(trimmed, Last) end},
     {"after four that agree it is forgotten",
      fun() -> {Last, _} = Take([[A, B], [B, C], [B, C], [B, C], [B, C]]), false = maps:is_key(trimmed, Last) end}].
