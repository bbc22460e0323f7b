%% The Erlang ends of the flood bench: one line in, one line out.
-module(node_flood).
-export([main/0]).

main() ->
    io:format("ready~n"),
    spawn(fun loop/0).

loop() ->
    case io:get_line("") of
        Line when is_list(Line) ->
            [Command, Node | Rest] = string:split(string:trim(Line), " ", all),
            run(Command, list_to_atom(Node), lists:join(" ", Rest)),
            loop();
        _ -> init:stop()
    end.

run("calls", Node, Count) ->
    Times = [call(Node) || _ <- lists:seq(1, list_to_integer(lists:flatten(Count)))],
    Sorted = lists:sort(Times),
    N = length(Sorted),
    io:format("~w ~w~n", [lists:nth(N div 2, Sorted), lists:nth(N * 99 div 100, Sorted)]);
run("flood", Node, Text) ->
    Term = value(lists:flatten(Text)),
    [spawn(fun() -> flood(Node, Term) end) || _ <- lists:seq(1, 4)].

call(Node) ->
    Begin = erlang:monotonic_time(microsecond),
    ping = gen_server:call({echo, Node}, ping, infinity),
    %% A caller that is quiet in between, as most are.
    erlang:yield(),
    erlang:monotonic_time(microsecond) - Begin.

flood(Node, links) ->
    {ok, Box} = box(Node),
    [spawn(fun() -> link(Box), receive never -> ok end end) || _ <- lists:seq(1, 250000)],
    receive never -> ok end;
flood(Node, Term) ->
    {box, Node} ! Term,
    flood(Node, Term).

%% The pid of the mailbox that is flooded.
box(Node) ->
    {ok, rpc:call(Node, js, box, [])}.

value("links") -> links;
value(Text) ->
    {ok, Tokens, _} = erl_scan:string(Text ++ "."),
    {ok, Exprs} = erl_parse:parse_exprs(Tokens),
    {value, Value, _} = erl_eval:exprs(Exprs, []),
    Value.
