%% dynsrv_decide: turns answers into plans, and says when to ask again before anybody leaves. Pure; the time, the links and the
%% answers come from the caller.
%%
%%     {Step, State1} = dynsrv_decide:answer(Answer, Context, State)
%%
%% where `Step` is `{decided, Decision}`, or `{ask_again, Transport}`: then the next answer, or `failed`, goes to `again/3`.
%%
%% An answer is `#{nodes => #{Name => Endpoints}}` and, as far as it is known, `ignored => [{Target, Reason}]`, `trimmed`, `stale`
%% (nobody leaves because of it), `doubtful` (as long as one that was cut) and `absent` (empty on purpose).
-module(dynsrv_decide).

-export([new/1, defaults/0, answer/3, again/3, down/3, members/1, own/1, removed/1]).

-record(state, {options, members = #{}, own, removed = false, empty_polls = 0, empty_since = 0, doubts = 0,
                %% Whom an empty answer forgot, and none has named since: a registry that was emptied fills again one by one.
                forgotten = #{},
                %% Rotation: who was missing with the last whole answer, whose links were taken down and how many answers ago.
                absent = #{}, departed = #{}, rotating = 0,
                %% The decision that waits for another answer.
                waiting}).

-type context() :: #{self := dynsrv_plan:name(), connected := #{dynsrv_plan:name() => term()}, now := integer()}.
-export_type([context/0]).

%% The rules, and what they are when nothing is said.
defaults() ->
    #{leave => on_deregister, max_leave_share => 0.5, confirm_empty => 3, confirm_empty_ms => 600000, confirm_leave => 2,
      doubt_polls => 10, rotation_polls => 10}.

new(Options) ->
    #state{options = maps:merge(defaults(), Options)}.

%% Who should be connected, as far as is known now.
members(#state{members = Members}) -> Members.

%% Our own record.
own(#state{own = Own}) -> Own.

%% Whether the others have taken their links to us down by now: then nobody is dialled until our record is back.
removed(#state{removed = Removed}) -> Removed.

%% Takes a good answer in.
answer(Answer, #{connected := Connected, now := Now} = Context, State0) ->
    Found = maps:get(nodes, Answer),
    State1 = case maps:size(Found) of
                 0 when State0#state.empty_polls =:= 0 -> State0#state{empty_polls = 1, empty_since = Now};
                 0 -> State0#state{empty_polls = State0#state.empty_polls + 1};
                 _ -> State0#state{empty_polls = 0}
             end,
    Nodes = same_spelling(Found, Context, State1),
    Whole = maps:size(Nodes) > 0 andalso not is_marked(Answer),
    State2 = forgetting(Nodes, Answer, Context, case Whole of
                                                    true -> observe(Nodes, Connected, State1);
                                                    false -> State1
                                                end),
    Hold = hold(Nodes, Answer, Context, State2),
    Waiting = #{first => Answer, whole => Whole, nodes => Nodes, answers => [Answer],
                left => maps:get(confirm_leave, State2#state.options)},
    step(plan(Nodes, Hold, Answer, Context, State2), Waiting, Context, State2).

%% Takes in what was asked for again, or `failed`.
again(Result, Context, #state{waiting = #{nodes := Before, first := First, left := Left, answers := Answers} = Waiting} = State0) ->
    {Hold, Nodes, Named, Latest, State1} =
        case Result of
            failed ->
                {{unconfirmed, false}, Before, Answers, First, State0};
            _ ->
                Again = same_spelling(maps:get(nodes, Result), Context, State0),
                %% Two answers a moment apart that differ are each a part of the truth.
                Suspecting = case lists:sort(maps:keys(Again)) =:= lists:sort(maps:keys(Before)) of
                                 true -> State0;
                                 false -> suspect(State0)
                             end,
                {hold_of(Result, Suspecting), maps:merge(Again, Before), [Result | Answers], Result, Suspecting}
        end,
    Held = case Hold of
               undefined -> hold(Nodes, First, Context, State1);
               _ -> Hold
           end,
    step(plan(Nodes, Held, Latest, Context, State1),
         Waiting#{nodes := Nodes, answers := Named, left := Left - 1}, Context, State1).

step(#{leave := Leave, deregistered := Deregistered} = Plan, #{left := Left} = Waiting, Context, State) ->
    case Left > 0 andalso (Leave =/= [] orelse Deregistered) of
        true ->
            %% Where TCP is blocked a whole answer over UDP is believed in the end.
            Transport = case is_doubting(State) of
                            true -> tcp;
                            false -> udp
                        end,
            {{ask_again, Transport}, State#state{waiting = Waiting}};
        false ->
            decided(Plan, Waiting, Context, State#state{waiting = undefined})
    end.

decided(#{held := Held, members := Members, own := Own} = Plan, #{whole := Whole, nodes := Nodes, answers := Answers},
        #{connected := Connected, self := Self, now := Now}, State0) ->
    Kept = [Reason || Reason <- maps:values(Held), Reason =:= unconfirmed orelse Reason =:= trimmed],
    Doubts = case Held =:= #{} of
                 true -> 0;
                 false when Kept =/= [] -> State0#state.doubts + 1;
                 false -> State0#state.doubts
             end,
    State1 = State0#state{doubts = Doubts},
    State2 = case Whole of
                 true -> remember(Plan, Nodes, Connected, State1);
                 false -> State1
             end,
    Removed = case Plan of
                  #{deregistered := true} ->
                      %% A policy that spares live links is everybody's: then the others keep theirs to us.
                      {Polls, Since} = case State0#state.own of
                                           {P, undefined} -> {P + 1, Now};
                                           {P, S} -> {P + 1, S}
                                       end,
                      Missed = #{node => Self, polls => Polls, ms => Now - Since, connected => true},
                      dynsrv_plan:asks(maps:get(leave, State0#state.options), Missed);
                  _ when Own =/= undefined -> false;
                  _ -> State0#state.removed
              end,
    Missing = maps:map(fun(_, {_, undefined}) -> 0; (_, {_, Since}) -> Now - Since end,
                       maps:with(maps:get(leave, Plan), State0#state.members)),
    Decision = #{plan => Plan, nodes => Nodes, missing_ms => Missing, endpoints => endpoints(Answers)},
    {{decided, Decision}, State2#state{members = Members, own = Own, removed = Removed}}.

%% The link to a member went down. `left` when it was missing already, and the policy waited for just that.
down(Node, #{now := Now}, #state{members = Members, options = #{leave := Leave}} = State) ->
    case Members of
        #{Node := {Polls, Since}} when Since =/= undefined ->
            case dynsrv_plan:asks(Leave, #{node => Node, polls => Polls, ms => Now - Since, connected => false}) of
                true -> {{left, Now - Since}, State#state{members = maps:remove(Node, Members)}};
                false -> {stays, State}
            end;
        _ ->
            {stays, State}
    end.

%% --- why nobody leaves ---

%% `{Reason, LinksOnly}`, or undefined.
hold(Nodes, Answer, #{now := Now}, #state{options = Options} = State) ->
    case hold_of(Answer, State) of
        undefined ->
            case maps:size(Nodes) =:= 0 andalso not maps:get(absent, Answer, false) of
                true -> hold_empty(Answer, Now, Options, State);
                false -> hold_rotating(State)
            end;
        Hold ->
            Hold
    end.

forgetting(_, #{absent := true}, _, State) ->
    State#state{forgotten = #{}};
forgetting(Nodes, Answer, #{self := Self}, #state{members = Members, forgotten = Forgotten} = State) ->
    case maps:size(Nodes) of
        0 ->
            case is_marked(Answer) orelse maps:get(ignored, Answer, []) =/= [] of
                true -> State;
                false -> State#state{forgotten = Members#{Self => true}}
            end;
        _ ->
            State#state{forgotten = maps:without(maps:keys(Nodes), Forgotten)}
    end.

%% Until the time is over that an empty answer is not believed. `infinity` is an atom, and above every number.
forgotten(Now, #state{options = #{confirm_empty := Polls, confirm_empty_ms := Ms}, empty_since = Since, forgotten = Forgotten}) ->
    case Polls =:= infinity orelse Now - Since < Ms of
        true -> Forgotten;
        false -> #{}
    end.

hold_empty(Answer, Now, #{confirm_empty := Polls, confirm_empty_ms := Ms}, State) ->
    case maps:get(ignored, Answer, []) of
        [_ | _] -> {unmapped, false};
        %% `infinity` is an atom, and above every number.
        [] when State#state.empty_polls < Polls -> {empty, false};
        %% A registry that forgot everybody must not take down what lives.
        [] when Now - State#state.empty_since < Ms -> {empty, true};
        [] -> hold_rotating(State)
    end.

hold_rotating(#state{rotating = Left}) when Left > 0 -> {rotating, false};
hold_rotating(_) -> undefined.

hold_of(#{trimmed := true}, _) -> {trimmed, false};
hold_of(#{stale := true}, _) -> {stale, false};
hold_of(#{doubtful := true}, State) ->
    case is_doubting(State) of
        true -> {trimmed, false};
        false -> undefined
    end;
hold_of(_, _) -> undefined.

is_marked(#{trimmed := true}) -> true;
is_marked(#{stale := true}) -> true;
is_marked(_) -> false.

%% Where nothing shows whether answers are whole, they are doubted for so many polls, and then believed.
is_doubting(#state{doubts = Doubts, options = #{doubt_polls := Polls}}) ->
    Doubts < Polls.

plan(Nodes, Hold, Answer, #{self := Self, connected := Connected, now := Now}, #state{options = Options, own = Own} = State) ->
    #{leave := Leave, max_leave_share := Share} = Options,
    {Reason, LinksOnly} = case Hold of
                              undefined -> {undefined, false};
                              _ -> Hold
                          end,
    Plan = dynsrv_plan:plan(#{self => Self, members => without_other_spellings(State#state.members, Nodes), own => Own,
                              discovered => Nodes, connected => Connected, hold => Reason, holds_links_only => LinksOnly,
                              forgotten => forgotten(Now, State),
                              leave => Leave, max_leave_share => Share, now => Now}),
    %% A record of ours that cannot be used was not removed.
    Ours = lower(binary:replace(Self, <<"@">>, <<".">>)),
    case [T || {T, _} <- maps:get(ignored, Answer, []), lower(T) =:= Ours] of
        [] -> Plan;
        _ -> Plan#{own := Own, deregistered := false}
    end.

%% --- rotation: answers that show only part of the members in turn ---

suspect(#state{options = #{rotation_polls := Polls}} = State) ->
    State#state{rotating = Polls}.

observe(Nodes, Connected, #state{rotating = Left, absent = Absent} = State0) ->
    State = State0#state{rotating = max(0, Left - 1)},
    Back = [Node || Node <- maps:keys(Absent), maps:is_key(Node, Nodes), maps:is_key(Node, Connected)],
    case Back =/= [] orelse swaps(Nodes, Connected, State) of
        true -> suspect(State);
        false -> State
    end.

%% Whether several come back while as many go: instances that are replaced one after the other do not look like that.
swaps(Nodes, Connected, #state{departed = Departed}) ->
    Back = [Node || Node <- maps:keys(Departed), maps:is_key(Node, Nodes)],
    length(Back) >= 2 andalso length([Node || Node <- maps:keys(Connected), not maps:is_key(Node, Nodes)]) >= 2.

remember(#{members := Members, leave := Leave}, Nodes, Connected, #state{options = #{rotation_polls := Polls}} = State) ->
    Absent = maps:without(maps:keys(Nodes), Members),
    Older = maps:map(fun(_, Answers) -> Answers + 1 end,
                     maps:filter(fun(Node, Answers) -> Answers < Polls andalso not maps:is_key(Node, Nodes) end,
                                 State#state.departed)),
    Departed = lists:foldl(fun(Node, All) -> All#{Node => 0} end, Older, [N || N <- Leave, maps:is_key(N, Connected)]),
    State#state{absent = Absent, departed = Departed}.

%% --- spelling: DNS ignores case and node names do not ---

%% Later ones count more: what a peer calls itself is its name.
same_spelling(Nodes, #{self := Self, connected := Connected}, #state{members = Members}) ->
    Strangers = [N || N <- maps:keys(Nodes), N =/= Self, not maps:is_key(N, Connected)],
    case Strangers of
        [] ->
            Nodes;
        _ ->
            Spelled = maps:from_list([{lower(N), N} || N <- maps:keys(Members) ++ maps:keys(Connected) ++ [Self]]),
            maps:from_list([{maps:get(lower(N), Spelled, N), Value} || {N, Value} <- maps:to_list(Nodes)])
    end.

without_other_spellings(Members, Nodes) ->
    case maps:keys(maps:without(maps:keys(Nodes), Members)) of
        [] ->
            Members;
        Missing ->
            Named = maps:from_list([{lower(N), true} || N <- maps:keys(Nodes)]),
            maps:without([N || N <- Missing, maps:is_key(lower(N), Named)], Members)
    end.

lower(Text) ->
    string:lowercase(unicode:characters_to_binary(Text)).

%% What the first answer that knows a member says of it.
endpoints(Answers) ->
    lists:foldl(fun(#{nodes := Nodes}, All) -> maps:merge(All, Nodes) end, #{}, Answers).
