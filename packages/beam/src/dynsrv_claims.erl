%% dynsrv_claims: which memberships count a node as a member. A node is disconnected only when none does any more.
-module(dynsrv_claims).
-export([new/0, claim/2, release/2, is_claimed/1]).

new() ->
    ?MODULE = ets:new(?MODULE, [named_table, public, bag]),
    ok.

claim(Node, Owner) ->
    with_table(fun() -> ets:insert(?MODULE, {Node, Owner}) end).

%% Whether nobody else counts it as a member.
release(Node, Owner) ->
    with_table(fun() -> ets:delete_object(?MODULE, {Node, Owner}) end),
    not is_claimed(Node).

is_claimed(Node) ->
    %% A membership that was killed has not released what it claimed.
    with_table(fun() -> lists:any(fun({_, Owner}) -> is_process_alive(Owner) end, ets:lookup(?MODULE, Node)) end).

%% Without the application a membership is alone.
with_table(Fun) ->
    case ets:info(?MODULE, name) of
        ?MODULE -> Fun();
        undefined -> false
    end.
