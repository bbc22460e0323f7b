%% dynsrv_dialer: keeps dialling the members that are wanted and not connected: so many at once, each with its own back-off. It is
%% part of the process of dynsrv_cluster, which hands it its messages.
%%
%% Names that were never tried, and links that were lost after a long life, come before those that failed. A dial that is not
%% done after 250 ms goes on beside the others, so that members which do not answer keep nobody out.
-module(dynsrv_dialer).

-export([new/1, want/4, up/2, down/3, forget/2, handle/2, cause/2]).

%% A link that held that long starts with no failures when it drops.
-define(STABLE_MS, 10000).
-define(PLACE_MS, 250).
%% How long it takes to see why a dial failed.
-define(PROBE_MS, 1000).
%% Atoms are never freed.
-define(MAX_NAMES, 20000).

-record(peer, {state = waiting, held = false, attempts = 0, up_since = 0, timer, where = [], dialled = undefined, cause}).
-record(dialer, {options, peers = #{}, fresh = queue:new(), again = queue:new(), dials = #{}, places = 0, names = #{}}).

%% Options: `parallel`, `connect` ({M, F, A}, called with the node behind A), `connect_timeout_ms`, `retry_base_ms`,
%% `retry_max_ms`, `polling_interval`.
new(Options) ->
    #dialer{options = Options}.

%% @doc Why a wanted peer is not connected, as far as dialling has shown.
cause(Node, #dialer{peers = Peers}) ->
    case Peers of
        #{Node := #peer{cause = Cause}} -> Cause;
        _ -> undefined
    end.

%% @doc Sets who should be connected from now on: `#{Name => Places}`. Who is named again after a while, or in another place, is
%% dialled at once.
want(Wanted, Connected, Returned, #dialer{peers = Peers} = Dialer0) ->
    Dialer1 = lists:foldl(fun forget/2, Dialer0, maps:keys(maps:without(maps:keys(Wanted), Peers))),
    Dialer2 = maps:fold(fun(Node, Where, Dialer) -> want_one(Node, Where, Connected, Dialer) end, Dialer1, Wanted),
    pump(lists:foldl(fun(Node, Dialer) -> hasten(Node, 0, Dialer) end, Dialer2, Returned)).

want_one(Node, Where, Connected, Dialer0) ->
    Peer = maps:get(Node, Dialer0#dialer.peers, #peer{}),
    Known = case Where of
                [] -> Peer#peer.where;
                _ -> Where
            end,
    IsNew = not maps:is_key(Node, Dialer0#dialer.peers),
    Dialer = put_peer(Node, Peer#peer{where = Known}, Dialer0),
    case maps:is_key(Node, Connected) of
        true -> up(Node, Dialer);
        false when IsNew -> enqueue(Node, Dialer);
        false ->
            case Peer of
                #peer{state = up} -> lost(Node, 0, Dialer);
                #peer{state = waiting, dialled = Dialled} when Dialled =/= undefined, Dialled =/= Known -> hasten(Node, 0, Dialer);
                #peer{state = waiting, held = true} -> hasten(Node, Peer#peer.attempts, Dialer);
                _ -> Dialer
            end
    end.

%% @doc A link is up, whichever side dialled.
up(Node, #dialer{peers = Peers} = Dialer) ->
    case Peers of
        #{Node := #peer{state = up}} ->
            Dialer;
        #{Node := Peer} ->
            cancel(Peer),
            put_peer(Node, Peer#peer{state = up, held = false, timer = undefined, up_since = now_ms(), cause = undefined}, Dialer);
        _ ->
            Dialer
    end.

%% @doc A wanted link went down: it is dialled at once, or with the next `want`, or after `HoldMs`; later when it never holds for
%% long.
down(Node, HoldMs, Dialer) ->
    pump(lost(Node, HoldMs, Dialer)).

lost(Node, HoldMs, #dialer{peers = Peers} = Dialer) ->
    case Peers of
        #{Node := #peer{state = up, up_since = Since, attempts = Before} = Peer} ->
            Attempts = case now_ms() - Since >= ?STABLE_MS of
                           true -> 0;
                           false -> Before + 1
                       end,
            Next = Peer#peer{attempts = Attempts},
            case Attempts of
                _ when Attempts > 1 -> wait(Node, retry_ms(Next, Dialer), Next, Dialer);
                _ when HoldMs > 0 -> wait(Node, HoldMs, Next#peer{held = true}, Dialer);
                _ -> enqueue(Node, put_peer(Node, Next, Dialer))
            end;
        _ ->
            Dialer
    end.

%% @doc Nobody wants it any more. A dial under way ends.
forget(Node, #dialer{peers = Peers, dials = Dials} = Dialer) ->
    case Peers of
        #{Node := Peer} ->
            cancel(Peer),
            [exit(Pid, kill) || {Pid, {Dialled, _}} <- maps:to_list(Dials), Dialled =:= Node],
            Dialer#dialer{peers = maps:remove(Node, Peers)};
        _ ->
            Dialer
    end.

%% @doc Takes a message in. `{Event, Dialer}`, with `none`, `{connected, Node}` or `{failed, Node, Reason, Attempts, RetryMs}`;
%% `unknown` for a message that is somebody else's.
handle({dynsrv_dial, retry, Node}, Dialer) ->
    {none, pump(hasten(Node, keep, Dialer))};
handle({dynsrv_dial, place, Pid}, #dialer{dials = Dials} = Dialer) ->
    case Dials of
        #{Pid := {Node, true}} -> {none, pump(give_up_place(Dialer#dialer{dials = Dials#{Pid := {Node, false}}}))};
        _ -> {none, Dialer}
    end;
handle({dynsrv_dial, late, Pid}, #dialer{dials = Dials} = Dialer) ->
    case maps:is_key(Pid, Dials) of
        true -> exit(Pid, {dial, {failed, timeout}});
        false -> ok
    end,
    {none, Dialer};
handle({'DOWN', _Ref, process, Pid, Reason}, #dialer{dials = Dials} = Dialer0) ->
    case maps:take(Pid, Dials) of
        {{Node, HadPlace}, Rest} ->
            Dialer1 = Dialer0#dialer{dials = Rest},
            Dialer2 = case HadPlace of
                          true -> give_up_place(Dialer1);
                          false -> Dialer1
                      end,
            {Event, Dialer3} = ended(Node, Reason, Dialer2),
            {Event, pump(Dialer3)};
        error ->
            unknown
    end;
handle(_, _) ->
    unknown.

ended(Node, Reason, #dialer{peers = Peers} = Dialer) ->
    case {Peers, Reason} of
        {#{Node := #peer{state = dialling}}, {dial, connected}} ->
            {{connected, Node}, Dialer};
        {#{Node := #peer{state = dialling} = Peer}, _} ->
            Why = case Reason of
                      {dial, {failed, Said}} -> Said;
                      _ -> Reason
                  end,
            Failed = Peer#peer{attempts = Peer#peer.attempts + 1, cause = Why},
            Ms = retry_ms(Failed, Dialer),
            {{failed, Node, Why, Failed#peer.attempts, Ms}, wait(Node, Ms, Failed, Dialer)};
        _ ->
            {none, Dialer}
    end.

%% --- queues and times ---

put_peer(Node, Peer, #dialer{peers = Peers} = Dialer) ->
    Dialer#dialer{peers = Peers#{Node => Peer}}.

enqueue(Node, #dialer{peers = Peers, fresh = Fresh, again = Again} = Dialer) ->
    #{Node := Peer} = Peers,
    Next = put_peer(Node, Peer#peer{state = queued, held = false, timer = undefined}, Dialer),
    case Peer#peer.attempts of
        0 -> Next#dialer{fresh = queue:in(Node, Fresh)};
        _ -> Next#dialer{again = queue:in(Node, Again)}
    end.

wait(Node, Ms, Peer, Dialer) ->
    Timer = erlang:send_after(Ms, self(), {dynsrv_dial, retry, Node}),
    put_peer(Node, Peer#peer{state = waiting, timer = Timer}, Dialer).

%% Ends a wait.
hasten(Node, Attempts, #dialer{peers = Peers} = Dialer) ->
    case Peers of
        #{Node := #peer{state = waiting} = Peer} ->
            cancel(Peer),
            Next = case Attempts of
                       keep -> Peer;
                       _ -> Peer#peer{attempts = Attempts}
                   end,
            enqueue(Node, put_peer(Node, Next, Dialer));
        _ ->
            Dialer
    end.

cancel(#peer{timer = undefined}) -> ok;
cancel(#peer{timer = Timer}) -> erlang:cancel_timer(Timer).

give_up_place(#dialer{places = Places} = Dialer) ->
    Dialer#dialer{places = Places - 1}.

pump(#dialer{places = Places, options = #{parallel := Parallel}} = Dialer) when Places >= Parallel ->
    Dialer;
pump(#dialer{fresh = Fresh, again = Again} = Dialer) ->
    case queue:out(Fresh) of
        {{value, Node}, Rest} ->
            pump(dial(Node, Dialer#dialer{fresh = Rest}));
        {empty, _} ->
            case queue:out(Again) of
                {{value, Node}, Rest} -> pump(dial(Node, Dialer#dialer{again = Rest}));
                {empty, _} -> Dialer
            end
    end.

dial(Node, #dialer{peers = Peers, dials = Dials, places = Places, options = Options, names = Names} = Dialer) ->
    case Peers of
        #{Node := #peer{state = queued, where = Where} = Peer} ->
            Dialler = fun() -> exit({dial, dialled(Node, Where, maps:size(Names) < ?MAX_NAMES, Options)}) end,
            {Pid, _} = spawn_monitor(Dialler),
            erlang:send_after(?PLACE_MS, self(), {dynsrv_dial, place, Pid}),
            erlang:send_after(maps:get(connect_timeout_ms, Options), self(), {dynsrv_dial, late, Pid}),
            Dialling = put_peer(Node, Peer#peer{state = dialling, dialled = Where}, Dialer),
            Dialling#dialer{dials = Dials#{Pid => {Node, true}}, places = Places + 1, names = Names#{Node => true}};
        _ ->
            Dialer
    end.

%% A peer that refuses waits no longer than one polling interval: the dial costs next to nothing, and it may be back any moment.
retry_ms(#peer{attempts = Attempts, cause = Cause}, #dialer{options = Options}) ->
    #{retry_base_ms := Base, retry_max_ms := Max, polling_interval := Poll} = Options,
    Most = case Cause of
               {refused, _} -> min(Max, max(Base, Poll));
               _ -> Max
           end,
    Ms = min(Most, Base bsl min(Attempts - 1, 20)),
    max(1, round(Ms * (0.5 + rand:uniform() / 2))).

%% --- one dial, in a process of its own ---

dialled(Node, Where, MayCreate, #{connect := {Module, Function, Arguments}}) ->
    case name(Node, MayCreate) of
        {ok, Name} ->
            [dynsrv_epmd:offer(Node, Type, {Ip, Port}) || {Type, Ip, Port} <- lists:reverse(Where)],
            case apply(Module, Function, Arguments ++ [Name]) of
                true -> connected;
                ignored -> {failed, not_distributed};
                false -> {failed, why(Node, Where)};
                Other -> {failed, Other}
            end;
        error ->
            {failed, too_many_names}
    end.

name(Node, true) -> {ok, binary_to_atom(Node, utf8)};
name(Node, false) ->
    try {ok, binary_to_existing_atom(Node, utf8)}
    catch error:_ -> error
    end.

%% net_kernel says only `false`. Whether anybody listens says most of what there is to know.
why(_Node, []) ->
    no_place;
why(Node, [Place | _]) ->
    [_, Host] = string:split(unicode:characters_to_list(Node), "@"),
    %% These look the host up themselves before they ask anybody.
    case erlang:system_info(otp_release) < "25" andalso inet:getaddr(Host, inet) of
        {error, _} -> {unresolved, Host};
        _ -> knocked(Place)
    end.

knocked({Type, Ip, Port}) ->
    Where = lists:flatten(io_lib:format(case Type of aaaa -> "[~s]:~b"; _ -> "~s:~b" end, [inet:ntoa(Ip), Port])),
    Family = case Type of aaaa -> inet6; _ -> inet end,
    case gen_tcp:connect(Ip, Port, [Family, {active, false}], ?PROBE_MS) of
        {ok, Socket} ->
            gen_tcp:close(Socket),
            {handshake, Where};
        {error, econnrefused} -> {refused, Where};
        {error, timeout} -> {silent, Where};
        {error, Reason} -> {unreachable, Where, Reason}
    end.

now_ms() ->
    erlang:monotonic_time(millisecond).
