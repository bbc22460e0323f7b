%% Writes down what a membership reports, for tests that ask from outside.
-module(dynsrv_test_events).
-export([start/0, start_cluster/1, note/1, texts/1, count/1, more/2, reach/2]).

start() ->
    Parent = self(),
    Pid = spawn(fun() ->
                        ?MODULE = ets:new(?MODULE, [named_table, public, ordered_set]),
                        Parent ! {ready, self()},
                        receive stop -> ok end
                end),
    receive {ready, Pid} -> ok end.

%% Of nobody: the process that evaluates an expression of a test ends nothing.
start_cluster(Options) ->
    Parent = self(),
    spawn(fun() ->
                  Started = dynsrv_cluster:start_link([{on_change, {?MODULE, note, []}} | Options]),
                  Parent ! {started, Started},
                  case Started of
                      {ok, Pid} ->
                          Ref = monitor(process, Pid),
                          receive {'DOWN', Ref, _, _, _} -> ok end;
                      _ -> ok
                  end
          end),
    receive {started, Started} -> Started end.

note(#{type := Type} = Event) ->
    ets:insert(?MODULE, {{erlang:unique_integer([monotonic])}, Type, Event}),
    %% Nobody may be waiting.
    case whereis(dynsrv_test_waiter) of
        undefined -> ok;
        Waiter -> Waiter ! noted
    end,
    ok.

events(any) -> events(polled) ++ events(discovery_failed);
events(Type) -> [Event || {_, T, Event} <- ets:tab2list(?MODULE), Type =:= all orelse T =:= Type].

%% Each as base64, so that no letter of it means anything to who reads the list.
texts(Type) ->
    [base64:encode_to_string(unicode:characters_to_binary(io_lib:format("~0tp", [maps:remove(topology, Event)])))
     || Event <- events(Type)].

count(Type) -> length(events(Type)).

%% Waits for so many more than there are now.
more(Type, More) ->
    reach(Type, count(Type) + More).

reach(Type, Wanted) ->
    register(dynsrv_test_waiter, self()),
    try wait(Type, Wanted)
    after unregister(dynsrv_test_waiter)
    end.

wait(Type, Wanted) ->
    case count(Type) >= Wanted of
        true -> ok;
        false ->
            receive noted -> wait(Type, Wanted)
            after 30000 -> error({waited_too_long, Type, Wanted, count(Type)})
            end
    end.
