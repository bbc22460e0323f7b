%% dynsrv_cluster: keeps this node connected to the nodes that the SRV records of a service name, and loses none of them because
%% DNS has a bad day.
%%
%%     children: [dynsrv_cluster:child_spec(#{service => "my-service.internal"})]
%%
%% A lookup that fails changes nothing. A member leaves only when an answer lacks it and two more lookups, a moment later and over
%% TCP, lack it too; at most half of the live links go with one poll; an empty answer spares live links for ten minutes. The
%% rules are those of @dynsrv/strategy: docs/membership.md.
%%
%% Options: see README.md. Events go to `on_change`, and to `logger` with the event under `dynsrv` in the metadata:
%%   polled, discovery_failed, joined, connect_failed, lost, left, held, ignored, deregistered, disconnect_failed, not_distributed
-module(dynsrv_cluster).
-behaviour(gen_server).

-export([child_spec/1, start_link/1, info/1, poll_now/1, ready/2, ready/3]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).

%% How long a lost member waits for an answer that may say why.
-define(ASKING_MS, 500).
%% Targets that were reported as ignored are remembered, so that each is reported once.
-define(MAX_IGNORED, 10000).
%% Who left and dials back, since it has not heard of it yet, is dropped again, so many times.
-define(MAX_LEFT, 1000).
-define(TIMES_AGAIN, 3).
%% Events that wait for a slow `on_change`.
-define(MAX_EVENTS, 10000).

-record(state, {options, decide, dialer, window = dynsrv_window:new(), joined = #{}, where = #{}, asking, poll, failures = 0, failed_before = 0, said, last_failure, last_good,
                ignored = #{}, held = #{}, left = #{}, unlinking = #{}, waiting = [], listener, nameless = false}).

%% @doc A child of a supervisor. Options: a map or a list; `service` is required.
child_spec(Options) ->
    #{id => {?MODULE, id(Options)}, start => {?MODULE, start_link, [Options]}, type => worker, shutdown => 5000}.

id(Options) when is_map(Options) -> maps:get(name, Options, maps:get(service, Options, undefined));
id(Options) when is_list(Options) -> proplists:get_value(name, Options, proplists:get_value(service, Options));
id(_) -> undefined.

%% @doc Starts it. `{error, {bad_option, Text}}` says which option is wrong.
start_link(Given) ->
    case dynsrv_options:read(Given) of
        {ok, #{name := undefined} = Options} -> gen_server:start_link(?MODULE, Options, []);
        {ok, #{name := Name} = Options} -> gen_server:start_link(Name, ?MODULE, Options, []);
        {error, _} = Error -> Error
    end.

%% @doc What is known: `members` (each with `connected` and, if it is not, `reason` in words), `failures` in a row, `last_failure`
%% in words, `last_good_age_ms`, `held`.
info(Cluster) ->
    gen_server:call(Cluster, info).

%% @doc Asks now instead of after the interval.
poll_now(Cluster) ->
    gen_server:cast(Cluster, poll_now).

%% @doc Returns `ok` when so many members are connected, or `{error, Info}` after the time, 15 s unless given.
ready(Cluster, Peers) ->
    ready(Cluster, Peers, 15000).

ready(Cluster, Peers, Timeout) ->
    Ref = make_ref(),
    try gen_server:call(Cluster, {ready, Peers, Ref}, Timeout)
    catch exit:{timeout, _} ->
            gen_server:cast(Cluster, {not_ready, Ref}),
            {error, info(Cluster)}
    end.

%% --- the process ---

init(Options) ->
    process_flag(trap_exit, true),
    ok = net_kernel:monitor_nodes(true, [{node_type, all}, nodedown_reason]),
    Decide = dynsrv_decide:new(maps:with(maps:keys(dynsrv_decide:defaults()), Options)),
    Listener = listener(maps:get(on_change, Options)),
    self() ! poll,
    {ok, #state{options = Options, decide = Decide, dialer = dynsrv_dialer:new(Options), listener = Listener}}.

handle_call(info, _From, State) ->
    {reply, described(State), State};
handle_call({ready, Peers, Ref}, From, #state{waiting = Waiting} = State) ->
    {noreply, answer_waiting(State#state{waiting = [{Peers, Ref, From} | Waiting]})};
handle_call(_Request, _From, State) ->
    {reply, {error, unknown_request}, State}.

handle_cast(poll_now, State) ->
    {noreply, poll_soon(0, State)};
handle_cast({not_ready, Ref}, #state{waiting = Waiting} = State) ->
    {noreply, State#state{waiting = lists:keydelete(Ref, 2, Waiting)}};
handle_cast(_Request, State) ->
    {noreply, State}.

handle_info(poll, #state{asking = undefined} = State) ->
    cancel(State#state.poll),
    {noreply, poll(State#state{poll = undefined})};
%% A poll is under way; the next follows it.
handle_info(poll, State) ->
    {noreply, State};
handle_info({ask_again, Transport}, #state{asking = {confirming, Answer}} = State) ->
    {noreply, ask({again, Answer}, Transport, State)};
handle_info({late, Pid}, #state{asking = {Pid, _, _}} = State) ->
    exit(Pid, {answer, {error, timeout}}),
    {noreply, State};
handle_info({'DOWN', Ref, process, _, Reason}, #state{asking = {_, Ref, Kind}} = State) ->
    Result = case Reason of
                 {answer, Said} -> Said;
                 _ -> {error, Reason}
             end,
    {noreply, answered(Kind, Result, State#state{asking = undefined})};
handle_info({nodeup, Node, _}, State) ->
    {noreply, up(text(Node), State)};
handle_info({nodedown, Node, Details}, State) ->
    Reason = proplists:get_value(nodedown_reason, Details),
    {noreply, down(text(Node), Reason, State)};
handle_info({'EXIT', Pid, Reason}, #state{listener = Pid} = State) ->
    %% The user's function ends no link: another listener takes its place.
    logger:warning("dynsrv: on_change ended: ~0tP", [Reason, 20], #{domain => [dynsrv]}),
    {noreply, State#state{listener = listener(maps:get(on_change, State#state.options))}};
handle_info({'EXIT', _Parent, Reason}, State) ->
    {stop, Reason, State};
handle_info(Message, #state{dialer = Dialer} = State) ->
    case dynsrv_dialer:handle(Message, Dialer) of
        unknown -> {noreply, State};
        {none, Next} -> {noreply, State#state{dialer = Next}};
        {{connected, Node}, Next} -> {noreply, up(Node, State#state{dialer = Next})};
        {{failed, Node, Reason, Attempts, Ms}, Next} ->
            Event = #{type => connect_failed, node => Node, reason => Reason, attempts => Attempts, retry_ms => Ms},
            {noreply, report(Event, State#state{dialer = Next})}
    end.

%% Links stay: this process is not what they live by.
terminate(_Reason, #state{decide = Decide}) ->
    [dynsrv_claims:release(Node, self()) || Node <- maps:keys(dynsrv_decide:members(Decide))],
    ok.

%% --- polls ---

poll(State0) ->
    case self_name(State0) of
        none when State0#state.nameless -> next_poll(State0);
        none -> next_poll(report(#{type => not_distributed}, State0#state{nameless = true}));
        _ -> ask(first, udp, State0#state{nameless = false})
    end.

%% In a process of its own, so that a slow server keeps nothing waiting.
ask(Kind, Transport, #state{options = Options} = State) ->
    #{discover_timeout_ms := Timeout} = Options,
    {Pid, Ref} = spawn_monitor(fun() -> exit({answer, dynsrv_srv:ask(Options#{timeout => Timeout}, Transport)}) end),
    erlang:send_after(Timeout, self(), {late, Pid}),
    State#state{asking = {Pid, Ref, Kind}}.

answered(Kind, Result, State) ->
    case {self_name(State), Result} of
        %% Distribution was stopped meanwhile.
        {none, _} ->
            next_poll(State);
        {_, {ok, Found}} ->
            {Answer, Window} = dynsrv_window:take(Found, State#state.window),
            answered_here(Kind, {ok, Answer}, State#state{window = Window});
        {_, {error, _}} ->
            answered_here(Kind, Result, State)
    end.

answered_here(first, {ok, Answer}, State0) ->
    State1 = State0#state{failures = 0, last_failure = undefined, last_good = now_ms(), failed_before = State0#state.failures},
    State2 = lists:foldl(fun ignored/2, State1, maps:get(ignored, Answer)),
    step(dynsrv_decide:answer(Answer, context(State2), State2#state.decide), Answer, State2);
answered_here(first, {error, Reason}, #state{failures = Before, last_good = Good} = State0) ->
    State1 = State0#state{failures = Before + 1, last_failure = Reason},
    Age = case Good of
              undefined -> undefined;
              _ -> now_ms() - Good
          end,
    State2 = report(#{type => discovery_failed, reason => Reason, failures => Before + 1, last_good_age_ms => Age}, State1),
    %% The answer is missing, the links are not: members are still dialled.
    next_poll(want([], State2));
answered_here({again, Answer}, Result, State) ->
    Again = case Result of
                {ok, Second} -> Second;
                %% Not an answer, so not a confirmation; the next poll shows whether the failure lasts.
                {error, _} -> failed
            end,
    step(dynsrv_decide:again(Again, context(State), State#state.decide), Answer, State).

step({{ask_again, Transport}, Decide}, Answer, #state{options = #{confirm_delay_ms := Delay}} = State) ->
    erlang:send_after(Delay, self(), {ask_again, Transport}),
    State#state{decide = Decide, asking = {confirming, Answer}};
step({{decided, Decision}, Decide}, Answer, State) ->
    next_poll(apply_decision(Decision, Answer, State#state{decide = Decide})).

apply_decision(#{plan := Plan, nodes := Nodes, missing_ms := Missing, endpoints := Endpoints}, Answer, State0) ->
    #{members := Members, appeared := Appeared, returned := Returned, leave := Leave, held := Held, deregistered := Gone} = Plan,
    Connected = connected(State0),
    Self = self_name(State0),
    [dynsrv_claims:claim(Node, self()) || Node <- Appeared],
    %% Where a member was last may be all that is known of it.
    Where = maps:filter(fun(Node, _) -> maps:is_key(Node, Members) end,
                        maps:merge(State0#state.where, maps:filter(fun(_, Places) -> Places =/= [] end, Endpoints))),
    Polled = #{type => polled, nodes => maps:keys(maps:remove(Self, Nodes)), expected => maps:size(Members),
               connected => length([N || N <- maps:keys(Members), maps:is_key(N, Connected)]),
               trimmed => maps:get(trimmed, Answer, false), failures => State0#state.failed_before},
    State1 = report_held(Held, report(Polled, State0#state{where = Where})),
    State2 = case Gone of
                 true -> report(#{type => deregistered}, State1);
                 false -> State1
             end,
    State3 = lists:foldl(fun(Node, State) -> leaves(Node, maps:get(Node, Missing, 0), maps:is_key(Node, Connected), State) end,
                         State2, Leave),
    Whole = Held =:= #{} andalso maps:get(ignored, Answer, []) =:= [] andalso maps:size(Nodes) > 0
        andalso not maps:get(trimmed, Answer, false) andalso not maps:get(stale, Answer, false),
    State4 = unlink_all(Connected, unlink_again(Whole, Connected, State3)),
    State5 = lists:foldl(fun(Node, State) -> up(Node, State) end, State4,
                         [N || N <- maps:keys(Members), maps:is_key(N, Connected)]),
    State6 = lists:foldl(fun(Node, State) -> down(Node, undefined, State) end, State5,
                         [N || N <- maps:keys(State5#state.joined), not maps:is_key(N, Connected)]),
    want(Returned, State6).

want(Returned, #state{decide = Decide, dialer = Dialer, where = Where} = State) ->
    Wanted = case dynsrv_decide:removed(Decide) of
                 true -> #{};
                 false -> maps:map(fun(Node, _) -> maps:get(Node, Where, []) end, dynsrv_decide:members(Decide))
             end,
    State#state{dialer = dynsrv_dialer:want(Wanted, connected(State), Returned, Dialer)}.

%% --- who comes and goes ---

up(Node, #state{decide = Decide, joined = Joined, dialer = Dialer} = State) ->
    case maps:is_key(Node, dynsrv_decide:members(Decide)) of
        false ->
            State;
        true ->
            Next = State#state{dialer = dynsrv_dialer:up(Node, Dialer)},
            case maps:is_key(Node, Joined) of
                true -> Next;
                false -> answer_waiting(report(#{type => joined, node => Node}, Next#state{joined = Joined#{Node => true}}))
            end
    end.

down(Node, Reason, #state{joined = Joined, unlinking = Unlinking} = State0) ->
    State = State0#state{unlinking = maps:remove(Node, Unlinking)},
    case maps:is_key(Node, Joined) of
        false -> State;
        true -> lost(Node, report(#{type => lost, node => Node, reason => Reason}, State#state{joined = maps:remove(Node, Joined)}))
    end.

lost(Node, #state{decide = Decide0, dialer = Dialer} = State) ->
    case dynsrv_decide:down(Node, context(State), Decide0) of
        {{left, Ms}, Decide} ->
            leaves(Node, Ms, false, State#state{decide = Decide});
        {stays, _} ->
            case {dynsrv_decide:removed(Decide0), dynsrv_decide:own(Decide0)} of
                {true, _} -> State;
                {false, undefined} -> State#state{dialer = dynsrv_dialer:down(Node, 0, Dialer)};
                %% It may have dropped us because our record is gone. The next answer says so; without one it is dialled all the same.
                {false, _} -> poll_soon(0, State#state{dialer = dynsrv_dialer:down(Node, ?ASKING_MS, Dialer)})
            end
    end.

leaves(Node, Ms, IsConnected, #state{joined = Joined, dialer = Dialer, left = Left, unlinking = Unlinking} = State0) ->
    State1 = report(#{type => left, node => Node, missing_ms => Ms, connected => IsConnected}, State0),
    IsUnclaimed = dynsrv_claims:release(Node, self()),
    [dynsrv_epmd:offer(Node, Type, none) || IsUnclaimed, Type <- [a, aaaa]],
    State2 = State1#state{joined = maps:remove(Node, Joined), dialer = dynsrv_dialer:forget(Node, Dialer)},
    case IsUnclaimed andalso IsConnected of
        true -> State2#state{unlinking = Unlinking#{Node => true}, left = remember_left(Node, Left)};
        false -> State2
    end.

remember_left(_Node, Left) when map_size(Left) >= ?MAX_LEFT -> Left;
remember_left(Node, Left) -> Left#{Node => ?TIMES_AGAIN}.

%% A whole answer came: who left and is here again without being a member leaves again.
unlink_again(false, _Connected, State) ->
    State;
unlink_again(true, Connected, #state{left = Left0, unlinking = Unlinking0} = State) ->
    {Left, Unlinking} =
        maps:fold(fun(Node, Times, {Left, Unlinking}) ->
                          IsHere = maps:is_key(Node, Connected) andalso not maps:is_key(Node, Unlinking),
                          case is_member(Node, State) orelse Times =:= 0 of
                              true -> {maps:remove(Node, Left), Unlinking};
                              false when IsHere -> {Left#{Node := Times - 1}, Unlinking#{Node => true}};
                              false -> {Left, Unlinking}
                          end
                  end, {Left0, Unlinking0}, Left0),
    State#state{left = Left, unlinking = Unlinking}.

%% What fails is tried again with the next poll.
unlink_all(Connected, #state{unlinking = Unlinking, options = #{disconnect := {Module, Function, Arguments}}} = State) ->
    maps:fold(fun(Node, _, All) ->
                      case is_member(Node, State) orelse not maps:is_key(Node, Connected) of
                          true ->
                              All#state{unlinking = maps:remove(Node, All#state.unlinking)};
                          false ->
                              Name = binary_to_atom(Node, utf8),
                              case try apply(Module, Function, Arguments ++ [Name]) catch _:Why -> {failed, Why} end of
                                  Gone when Gone =:= true; Gone =:= ignored ->
                                      All#state{unlinking = maps:remove(Node, All#state.unlinking)};
                                  Reason ->
                                      report(#{type => disconnect_failed, node => Node, reason => Reason}, All)
                              end
                      end
              end, State, Unlinking).

is_member(Node, #state{decide = Decide}) ->
    maps:is_key(Node, dynsrv_decide:members(Decide)) orelse dynsrv_claims:is_claimed(Node).

%% --- the world ---

context(State) ->
    #{self => self_name(State), connected => connected(State), now => now_ms()}.

%% When a function of the user's own cannot say it, what was seen last stands.
connected(#state{options = #{list_nodes := {Module, Function, Arguments}}, joined = Joined}) ->
    try maps:from_list([{text(Node), true} || Node <- apply(Module, Function, Arguments)])
    catch _:_ -> Joined
    end.

%% A program that connects its nodes in a way of its own may have no name of Erlang's distribution.
self_name(#state{options = #{connect := Connect}}) ->
    case node() of
        nonode@nohost when Connect =:= {net_kernel, connect_node, []} -> none;
        Name -> text(Name)
    end.

next_poll(#state{options = #{polling_interval := Ms}} = State) ->
    %% Up to a tenth less, so that members do not ask in step.
    poll_soon(max(1, round(Ms * (1 - rand:uniform() / 10))), State).

poll_soon(Ms, #state{poll = Timer} = State) ->
    cancel(Timer),
    State#state{poll = erlang:send_after(Ms, self(), poll)}.

cancel(undefined) -> ok;
cancel(Timer) -> erlang:cancel_timer(Timer).

text(Node) -> atom_to_binary(Node, utf8).

now_ms() -> erlang:monotonic_time(millisecond).

%% --- what is said ---

described(#state{decide = Decide, joined = Joined, dialer = Dialer, failures = Failures, last_failure = Failure,
                 last_good = Good, held = Held}) ->
    Members = maps:map(fun(Node, _) ->
                               case maps:is_key(Node, Joined) of
                                   true -> #{connected => true};
                                   false -> #{connected => false, reason => why(dynsrv_dialer:cause(Node, Dialer))}
                               end
                       end, dynsrv_decide:members(Decide)),
    #{members => Members, connected => maps:size(Joined), failures => Failures,
      last_failure => case Failure of undefined -> undefined; _ -> unicode:characters_to_binary(dynsrv_words:lookup(Failure)) end,
      last_good_age_ms => case Good of undefined -> undefined; _ -> now_ms() - Good end,
      held => Held, deregistered => dynsrv_decide:removed(Decide)}.

why(undefined) -> <<"it has not been dialled yet">>;
why(Reason) -> unicode:characters_to_binary(dynsrv_words:dial(Reason)).

answer_waiting(#state{waiting = Waiting, joined = Joined} = State) ->
    {Ready, Rest} = lists:partition(fun({Peers, _, _}) -> maps:size(Joined) >= Peers end, Waiting),
    [gen_server:reply(From, ok) || {_, _, From} <- Ready],
    State#state{waiting = Rest}.

%% Reported when it begins, or when its reasons change.
report_held(Held, #state{held = Held} = State) -> State;
report_held(Held, State) when map_size(Held) =:= 0 -> State#state{held = Held};
report_held(Held, State) -> report(#{type => held, nodes => Held}, State#state{held = Held}).

ignored({Target, Reason}, #state{ignored = Known} = State) ->
    case maps:is_key({Target, Reason}, Known) orelse maps:size(Known) >= ?MAX_IGNORED of
        true -> State;
        false -> report(#{type => ignored, target => Target, reason => Reason}, State#state{ignored = Known#{{Target, Reason} => true}})
    end.

report(Event0, #state{options = #{topology := Topology}, listener = Listener} = State) ->
    Event = Event0#{topology => Topology},
    tell(Listener, Event),
    Level = dynsrv_words:level(Event),
    %% A poll that found the same as the one before is no news.
    IsNews = Level =/= none andalso State#state.said =/= Event,
    case IsNews andalso logger:allow(Level, ?MODULE) of
        true -> logger:log(Level, "~ts", [["dynsrv: ", dynsrv_words:event(Event)]], #{domain => [dynsrv], dynsrv => Event});
        false -> ok
    end,
    case Event of
        #{type := polled} -> State#state{said = Event};
        _ -> State
    end.

tell(undefined, _Event) ->
    ok;
tell(Listener, Event) ->
    case process_info(Listener, message_queue_len) of
        {message_queue_len, Length} when Length < ?MAX_EVENTS -> Listener ! {event, Event};
        _ -> dropped
    end.

%% The user's function runs beside the loop: one that is slow, or fails, holds nothing up.
listener(undefined) -> undefined;
listener(OnChange) -> spawn_link(fun() -> listen(OnChange) end).

listen(OnChange) ->
    receive
        {event, Event} ->
            case OnChange of
                {Module, Function, Arguments} -> apply(Module, Function, [Event | Arguments]);
                _ -> OnChange(Event)
            end,
            listen(OnChange)
    end.
