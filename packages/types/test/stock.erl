%% Keeps things in stock.
-module(stock).
-export([reserve/2, empty/0, count/1, slow/1, fail/1, lie/0, tree/1, options/1]).
-export_type([item/0, tree/0, secret/0]).

-type item() :: binary().
-type tree() :: leaf | {tree(), integer(), tree()}.
-opaque secret() :: {integer(), reference()}.
-record(shelf, {name :: atom(), items = [] :: [item()], rest}).

-spec reserve(Item :: item(), Count :: pos_integer()) -> {ok, #{left := non_neg_integer()}} | {error, none_left}.
reserve(_, Count) when Count > 10 -> {error, none_left};
reserve(_, Count) -> {ok, #{left => 10 - Count}}.

-spec empty() -> #shelf{}.
empty() -> #shelf{name = empty}.

-spec count(all) -> [non_neg_integer()]; (item()) -> non_neg_integer().
count(all) -> [1, 2];
count(_) -> 3.

-spec slow(timeout()) -> ok.
slow(Time) -> receive after Time -> ok end.

-spec fail(Reason) -> no_return() when Reason :: atom().
fail(Reason) -> error(Reason).

%% Its spec is wrong.
-spec lie() -> pos_integer().
lie() -> list_to_atom("no number").

-spec tree(tree()) -> tree().
tree(Tree) -> Tree.

-spec options([{timeout, timeout()} | {name, atom()}]) -> [{timeout, timeout()} | {name, atom()}].
options(Options) -> Options.
