%% The table of cases that the TypeScript half runs too.
-module(dynsrv_cases_tests).
-export([plan_test_/0, stories_test_/0]).

table() ->
    Path = os:getenv("DYNSRV_CASES", "../../fixtures/membership/cases.json"),
    dynsrv_json:file(Path).

plan_test_() ->
    [{text(Name), fun() -> check_plan(Input, Expect) end}
     || #{<<"name">> := Name, <<"input">> := Input, <<"expect">> := Expect} <- maps:get(<<"plan">>, table())].

stories_test_() ->
    [{text(maps:get(<<"name">>, Story)), fun() -> check_story(Story) end} || Story <- maps:get(<<"stories">>, table())].

check_plan(Input, Expect) ->
    #{<<"members">> := Members, <<"own">> := Own, <<"discovered">> := Discovered, <<"connected">> := Connected,
      <<"hold">> := Hold, <<"holdsLinksOnly">> := LinksOnly, <<"leave">> := Leave, <<"maxLeaveShare">> := Share,
      <<"now">> := Now} = Input,
    Plan = dynsrv_plan:plan(#{self => full_name(<<"self">>), members => members(Members), own => member(Own),
                              discovered => set(Discovered), connected => set(Connected), hold => hold(Hold),
                              holds_links_only => LinksOnly, leave => policy(Leave), max_leave_share => Share, now => Now}),
    Wanted = #{members => members(maps:get(<<"members">>, Expect)), own => member(maps:get(<<"own">>, Expect)),
               appeared => full_names(maps:get(<<"appeared">>, Expect)), returned => full_names(maps:get(<<"returned">>, Expect)),
               leave => full_names(maps:get(<<"leave">>, Expect)), deregistered => maps:get(<<"deregistered">>, Expect),
               held => reasons(maps:get(<<"held">>, Expect))},
    Sorted = maps:map(fun(Key, List) when Key =:= appeared; Key =:= returned; Key =:= leave -> lists:sort(List);
                         (_, Value) -> Value
                      end, Plan),
    same(Wanted, Sorted).

check_story(#{<<"polls">> := Polls} = Story) ->
    Options = maps:fold(fun option/3, #{}, maps:get(<<"options">>, Story, #{})),
    State = dynsrv_decide:new(Options),
    lists:foldl(fun poll/2, #{state => State, connected => #{}, now => 0, at => 0}, Polls).

poll(#{<<"answer">> := Answer, <<"expect">> := Expect} = Poll, #{at := At} = World0) ->
    Again = maps:get(<<"again">>, Poll, []),
    Start = World0#{left => [], asked => 0},
    World = lists:foldl(fun(_, World) -> round(Poll, Answer, Again, World) end, Start,
                        lists:seq(1, maps:get(<<"repeat">>, Poll, 1))),
    #{state := State, left := Left, asked := Asked, plan := #{held := Held, deregistered := Deregistered}} = World,
    Seen = #{<<"left">> => lists:sort(Left), <<"members">> => lists:sort(maps:keys(dynsrv_decide:members(State))),
             <<"held">> => Held, <<"asked">> => Asked, <<"deregistered">> => Deregistered,
             <<"removed">> => dynsrv_decide:removed(State)},
    Wanted = maps:map(fun(Key, List) when Key =:= <<"left">>; Key =:= <<"members">> -> full_names(List);
                         (<<"held">>, Map) -> reasons(Map);
                         (_, Value) -> Value
                      end, Expect),
    same({At, Wanted}, {At, maps:with(maps:keys(Wanted), Seen)}),
    World#{at := At + 1}.

round(Poll, Answer, Again, #{state := State0, connected := Links, now := Before, left := LeftBefore, asked := AskedBefore} = World) ->
    Now = Before + maps:get(<<"afterMs">>, Poll, 1000),
    Connected = maps:without(full_names(maps:get(<<"drop">>, Poll, [])), Links),
    Context = #{self => full_name(<<"self">>), connected => Connected, now => Now},
    {#{plan := #{leave := Leave} = Plan}, State, Asked} =
        decide(dynsrv_decide:answer(answer(Answer), Context, State0), Answer, Again, Context, 0),
    Up = maps:map(fun(_, _) -> true end, dynsrv_decide:members(State)),
    World#{state := State, connected := maps:merge(maps:without(Leave, Connected), Up), now := Now, plan => Plan,
           left := Leave ++ LeftBefore, asked := AskedBefore + Asked}.

decide({{decided, Decision}, State}, _Answer, _Again, _Context, Asked) ->
    {Decision, State, Asked};
decide({{ask_again, _Transport}, State}, Answer, Again, Context, Asked) ->
    {Result, Rest} = case Again of
                         [] -> {answer(Answer), []};
                         [<<"failed">> | More] -> {failed, More};
                         [Other | More] -> {answer(Other), More}
                     end,
    decide(dynsrv_decide:again(Result, Context, State), Answer, Rest, Context, Asked + 1).

answer(#{<<"nodes">> := Nodes} = Said) ->
    maps:fold(fun(<<"nodes">>, _, Answer) -> Answer;
                 (<<"ignored">>, Targets, Answer) -> Answer#{ignored => [{Target, <<"of the test">>} || Target <- Targets]};
                 (Key, Value, Answer) -> Answer#{binary_to_existing_atom(Key, utf8) => Value}
              end, #{nodes => set(Nodes)}, Said).

option(<<"leave">>, Policy, Options) -> Options#{leave => policy(Policy)};
option(<<"maxLeaveShare">>, Share, Options) -> Options#{max_leave_share => Share};
option(<<"confirmEmpty">>, null, Options) -> Options#{confirm_empty => infinity};
option(<<"confirmEmpty">>, Polls, Options) -> Options#{confirm_empty => Polls};
option(<<"confirmLeave">>, More, Options) -> Options#{confirm_leave => More};
option(<<"rotationPolls">>, Polls, Options) -> Options#{rotation_polls => Polls}.

policy(<<"onDeregister">>) -> on_deregister;
policy(<<"whenLinkDropped">>) -> when_link_dropped;
policy(<<"neverLeave">>) -> never_leave;
policy(#{<<"leaveAfter">> := Polls}) -> {leave_after, Polls};
policy(#{<<"leaveAfterMs">> := Ms}) -> {leave_after_ms, Ms};
policy(#{<<"allOf">> := Policies}) -> {all_of, [policy(Policy) || Policy <- Policies]}.

members(Members) -> maps:from_list([{full_name(Label), member(Member)} || {Label, Member} <- maps:to_list(Members)]).
member(null) -> undefined;
member([Polls, null]) -> {Polls, undefined};
member([Polls, Since]) -> {Polls, Since}.
reasons(Held) -> maps:from_list([{full_name(Label), hold(Reason)} || {Label, Reason} <- maps:to_list(Held)]).
hold(null) -> undefined;
hold(Reason) -> binary_to_atom(Reason, utf8).
set(Labels) -> maps:from_list([{full_name(Label), []} || Label <- Labels]).
full_names(Labels) -> lists:sort([full_name(Label) || Label <- Labels]).
full_name(Label) -> <<Label/binary, "@svc.test">>.
text(Binary) -> unicode:characters_to_list(Binary).

same(Wanted, Wanted) -> ok;
same(Wanted, Seen) -> error({expected, Wanted, but_got, Seen}).
