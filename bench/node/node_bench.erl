%% Both Erlang ends of the node bench: the hub that every peer talks to, and the peer that the others are compared with.
%%
%% A line on standard input is a command and its arguments; it is answered by "= " and numbers, or "! " and a reason.
-module(node_bench).
-export([main/0]).

main() ->
    register(sink, spawn(fun sink/0)),
    register(source, spawn(fun source/0)),
    register(echo, spawn(fun echo/0)),
    io:format("ready ~s~n", [os:getpid()]),
    serve().

serve() ->
    case io:get_line("") of
        eof ->
            halt(0);
        Line ->
            [Command | Arguments] = string:lexemes(string:trim(Line), " "),
            {Pid, Ref} = spawn_monitor(fun() -> exit({answer, run(Command, [argument(A) || A <- Arguments])}) end),
            receive
                {'DOWN', Ref, process, Pid, {answer, Numbers}} ->
                    io:format("= ~s~n", [lists:join(" ", [integer_to_list(round(N)) || N <- Numbers])]);
                {'DOWN', Ref, process, Pid, Reason} ->
                    io:format("! ~0p~n", [Reason])
            end,
            serve()
    end.

argument(Text) ->
    try list_to_integer(Text) catch error:badarg -> list_to_atom(Text) end.

%% What the hub does for others.

%% Counts what comes, in a process of its own for each request, and tells how much of it was out of order.
sink() ->
    receive
        {count, From, N} ->
            spawn(fun() -> From ! {go, self()}, count(From, 0, N, 0) end);
        {count_named, From, N} ->
            await_free(counter),
            Pid = spawn(fun() -> receive go -> count(From, 0, N, 0) end end),
            register(counter, Pid),
            Pid ! go,
            From ! {go, counter}
    end,
    sink().

%% The process of the request before may not have ended yet.
await_free(Name) ->
    case whereis(Name) of
        undefined -> ok;
        Pid ->
            Ref = monitor(process, Pid),
            receive {'DOWN', Ref, process, Pid, _} -> await_free(Name) end
    end.

count(From, N, N, Disordered) ->
    From ! {done, Disordered};
count(From, I, N, Disordered) ->
    receive
        {data, I, _} -> count(From, I + 1, N, Disordered);
        {data, _, _} -> count(From, I + 1, N, Disordered + 1)
    end.

source() ->
    receive
        {blast, To, N, Size} ->
            spawn(fun() ->
                Bytes = binary:copy(<<"x">>, Size),
                To ! {ready, self()},
                receive go -> blast(To, 0, N, Bytes) end
            end)
    end,
    source().

blast(_, N, N, _) -> ok;
blast(To, I, N, Bytes) -> To ! {data, I, Bytes}, blast(To, I + 1, N, Bytes).

echo() ->
    receive {echo, From, I} -> From ! {echo, I} end,
    echo().

%% What a peer measures. Times are nanoseconds.

run("send", [Hub, Size, N]) ->
    {sink, Hub} ! {count, self(), N},
    send_to(receive {go, Pid} -> Pid end, Size, N);
run("sendname", [Hub, Size, N]) ->
    {sink, Hub} ! {count_named, self(), N},
    send_to(receive {go, Name} -> {Name, Hub} end, Size, N);
run("recv", [Node, Size, N]) ->
    receive_from(Node, Size, N, drop);
run("keep", [Node, Size, N]) ->
    receive_from(Node, Size, N, []);
run("echo", [Hub, N]) ->
    Echo = rpc:call(Hub, erlang, whereis, [echo]),
    _ = round_trips(Echo, 1000),
    percentiles(round_trips(Echo, N));
run("rpc", [Hub, InFlight, N]) ->
    Begin = now_ns(),
    Workers = [spawn_monitor(fun() -> call(Hub, N div InFlight) end) || _ <- lists:seq(1, InFlight)],
    [receive {'DOWN', Ref, process, Pid, normal} -> ok end || {Pid, Ref} <- Workers],
    [now_ns() - Begin];
run("setup", [Hub, N]) ->
    erlang:disconnect_node(Hub),
    timer:sleep(100),
    percentiles([connect(Hub) || _ <- lists:seq(1, N)]);
run("collect", []) ->
    [garbage_collect(Pid) || Pid <- processes()],
    [length(nodes(connected))].

send_to(Sink, Size, N) ->
    Bytes = binary:copy(<<"x">>, Size),
    Begin = now_ns(),
    blast(Sink, 0, N, Bytes),
    Disordered = receive {done, Bad} -> Bad end,
    [now_ns() - Begin, Disordered].

receive_from(Node, Size, N, Kept) ->
    {source, Node} ! {blast, self(), N, Size},
    Source = receive {ready, Pid} -> Pid end,
    Begin = now_ns(),
    Source ! go,
    Disordered = receive_all(0, N, 0, Kept),
    [now_ns() - Begin, Disordered].

receive_all(N, N, Disordered, _) -> Disordered;
receive_all(I, N, Disordered, Kept) ->
    receive
        {data, I, _} = Message -> receive_all(I + 1, N, Disordered, keep(Message, Kept));
        {data, _, _} = Message -> receive_all(I + 1, N, Disordered + 1, keep(Message, Kept))
    end.

keep(_, drop) -> drop;
keep(Message, Kept) -> [Message | Kept].

round_trips(Echo, N) ->
    [begin
         Begin = now_ns(),
         Echo ! {echo, self(), I},
         receive {echo, I} -> now_ns() - Begin end
     end || I <- lists:seq(1, N)].

call(_, 0) -> ok;
call(Hub, N) ->
    Hub = rpc:call(Hub, erlang, node, []),
    call(Hub, N - 1).

connect(Hub) ->
    Begin = now_ns(),
    true = net_kernel:connect_node(Hub),
    Time = now_ns() - Begin,
    true = erlang:disconnect_node(Hub),
    timer:sleep(10),
    Time.

%% The median and the 99th percentile.
percentiles(Times) ->
    Sorted = lists:sort(Times),
    [lists:nth(length(Sorted) div 2 + 1, Sorted), lists:nth(length(Sorted) * 99 div 100 + 1, Sorted)].

now_ns() -> erlang:monotonic_time(nanosecond).
