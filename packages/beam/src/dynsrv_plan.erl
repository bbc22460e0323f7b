%% dynsrv_plan: what one answer of a source of members changes. Pure: the same input gives the same plan, and nothing is asked.
%%
%% A member is `{MissedPolls, MissingSince}`: how many good answers in a row lack it, and when the first of these came
%% (`undefined` while it is named). Names are binaries; sets are maps whose values do not matter.
%%
%% The TypeScript half has the same function, and both run the cases in fixtures/membership/cases.json.
-module(dynsrv_plan).

-export([plan/1, asks/2, is_policy/1]).
-export_type([name/0, member/0, policy/0, hold/0, input/0, plan/0, missed/0]).

-type name() :: binary().
-type member() :: {Polls :: non_neg_integer(), Since :: undefined | integer()}.
-type set() :: #{name() => term()}.
-type hold() :: empty | policy | rotating | share | stale | trimmed | unconfirmed | unmapped.
%% A member that good answers lack: how many in a row, for how many milliseconds, and whether its link is up.
-type missed() :: #{node := name(), polls := pos_integer(), ms := non_neg_integer(), connected := boolean()}.
%% When a missing member leaves. It is asked only about answers that are whole and fresh.
-type policy() :: on_deregister | {leave_after, pos_integer()} | {leave_after_ms, non_neg_integer()} | when_link_dropped
                | never_leave | {all_of, [policy(), ...]} | fun((missed()) -> boolean()).
-type input() :: #{self := name(), members := #{name() => member()}, own := undefined | member(), discovered := set(),
                   connected := set(), hold := undefined | hold(), holds_links_only := boolean(), forgotten => set(),
                   leave := policy(),
                   max_leave_share := number(), now := integer()}.
-type plan() :: #{members := #{name() => member()}, appeared := [name()], returned := [name()], leave := [name()],
                  own := undefined | member(), deregistered := boolean(), held := #{name() => hold()}}.

%% The difference between what was, what is named and what is connected.
-spec plan(input()) -> plan().
plan(#{self := Self, members := Known, discovered := Discovered0} = Input) ->
    Discovered = maps:remove(Self, Discovered0),
    Named = maps:map(fun(_, _) -> {0, undefined} end, Discovered),
    Appeared = [Node || Node <- maps:keys(Discovered), not maps:is_key(Node, Known)],
    Returned = [Node || {Node, {Polls, _}} <- maps:to_list(Known), Polls > 0, maps:is_key(Node, Discovered)],
    Missing = maps:without(maps:keys(Discovered), Known),
    {Members0, Held0, Willing} = maps:fold(fun(Node, Member, Acc) -> missing(Node, Member, Input, Acc) end, {Named, #{}, []}, Missing),
    Leave = within_share(Input, Members0, lists:reverse(Willing)),
    Held = lists:foldl(fun(Node, All) -> All#{Node => share} end, Held0, Willing -- Leave),
    Members = maps:without(Leave, Members0),
    maps:merge(#{members => Members, appeared => Appeared, returned => Returned, leave => Leave, held => Held}, own(Input)).

missing(Node, Member, #{connected := Connected, now := Now} = Input, {Members, Held, Willing}) ->
    Hold = hold(Node, Input),
    IsHeld = Hold =/= undefined,
    Missed = case IsHeld of
                 true -> Member;
                 false -> missed_again(Member, Now)
             end,
    All = Members#{Node => Missed},
    case IsHeld orelse asks(Node, Missed, maps:is_key(Node, Connected), Input) of
        true when IsHeld -> {All, Held#{Node => Hold}, Willing};
        true -> {All, Held, [Node | Willing]};
        false -> {All, Held#{Node => policy}, Willing}
    end.

%% Why a member that is missing is kept, or undefined. What an empty answer forgot is not missed yet.
hold(Node, #{hold := Hold, holds_links_only := LinksOnly, connected := Connected} = Input) ->
    IsLive = maps:is_key(Node, Connected),
    IsForgotten = maps:is_key(Node, maps:get(forgotten, Input, #{})),
    case Hold of
        undefined when IsLive, IsForgotten -> empty;
        undefined -> undefined;
        _ when IsLive; not LinksOnly -> Hold;
        _ -> undefined
    end.

%% No link hangs on our own record, so the policy is asked as for a member without one, and the share does not hold it.
own(#{self := Self, discovered := Discovered, own := Own, hold := Hold, now := Now} = Input) ->
    Forgotten = maps:get(forgotten, Input, #{}),
    case maps:is_key(Self, Discovered) of
        true ->
            #{own => {0, undefined}, deregistered => false};
        false when Own =:= undefined; Hold =/= undefined; is_map_key(Self, Forgotten) ->
            #{own => Own, deregistered => false};
        false ->
            Missed = missed_again(Own, Now),
            case asks(Self, Missed, false, Input) of
                true -> #{own => undefined, deregistered => true};
                false -> #{own => Missed, deregistered => false}
            end
    end.

missed_again({Polls, undefined}, Now) -> {Polls + 1, Now};
missed_again({Polls, Since}, _Now) -> {Polls + 1, Since}.

asks(Node, {Polls, Since}, Connected, #{leave := Leave, now := Now}) ->
    asks(Leave, #{node => Node, polls => Polls, ms => Now - Since, connected => Connected}).

%% Whether a missing member leaves. A function of the user's own that fails lets nobody leave.
-spec asks(policy(), missed()) -> boolean().
asks(on_deregister, _) -> true;
asks({leave_after, Polls}, #{polls := Missed}) -> Missed >= Polls;
asks({leave_after_ms, Ms}, #{ms := Missed}) -> Missed >= Ms;
asks(when_link_dropped, #{connected := Connected}) -> not Connected;
asks(never_leave, _) -> false;
asks({all_of, Policies}, Missed) -> lists:all(fun(Policy) -> asks(Policy, Missed) end, Policies);
asks(Policy, Missed) when is_function(Policy, 1) ->
    try Policy(Missed) =:= true
    catch _:_ -> false
    end.

%% Whether something can be used as a leave policy.
-spec is_policy(term()) -> boolean().
is_policy(Policy) when Policy =:= on_deregister; Policy =:= when_link_dropped; Policy =:= never_leave -> true;
is_policy({leave_after, Polls}) -> is_integer(Polls) andalso Polls > 0;
is_policy({leave_after_ms, Ms}) -> is_integer(Ms) andalso Ms >= 0;
is_policy({all_of, [_ | _] = Policies}) -> lists:all(fun is_policy/1, Policies);
is_policy(Policy) -> is_function(Policy, 1).

%% Those without a link may all go, since nothing is taken down; of the others the longest missing.
within_share(#{connected := Connected, max_leave_share := Share, members := Known}, Members, Willing) ->
    {Linked, Free} = lists:partition(fun(Node) -> maps:is_key(Node, Connected) end, Willing),
    Live = length([Node || Node <- maps:keys(Known), maps:is_key(Node, Connected)]),
    Cap = max(1, trunc(Live * Share)),
    Oldest = lists:sort(fun(A, B) -> since(A, Members) =< since(B, Members) end, Linked),
    Free ++ lists:sublist(Oldest, Cap).

since(Node, Members) ->
    {_, Since} = maps:get(Node, Members),
    Since.
