%% dynsrv_calls: how many calls are under way to each node, so that the next one goes where fewest are.
%%
%% A caller that is killed does not count down. Its calls are remembered beside the number, and swept away.
-module(dynsrv_calls).
-behaviour(gen_server).
-export([new/0, start_link/0, start/1, stop/1, outstanding/1]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

-define(PENDING, dynsrv_pending).
-define(SWEEP_MS, 1000).

new() ->
    ?MODULE = ets:new(?MODULE, [named_table, public, {write_concurrency, true}]),
    ?PENDING = ets:new(?PENDING, [named_table, public, {write_concurrency, true}]),
    ok.

start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

%% @doc Counts a call of this process to a node, until `stop/1`.
start(Node) ->
    Call = {self(), make_ref(), Node},
    ets:insert(?PENDING, {Call}),
    ets:update_counter(?MODULE, Node, 1, {Node, 0}),
    Call.

stop(Call) ->
    case ets:take(?PENDING, Call) of
        [{{_, _, Node}}] -> ets:update_counter(?MODULE, Node, {2, -1, 0, 0}, {Node, 0});
        %% Swept already.
        [] -> 0
    end.

outstanding(Node) ->
    case ets:lookup(?MODULE, Node) of
        [{_, Count}] -> Count;
        [] -> 0
    end.

init([]) ->
    {ok, none, ?SWEEP_MS}.

handle_call(_Request, _From, State) ->
    {reply, {error, unknown_request}, State, ?SWEEP_MS}.

handle_cast(_Request, State) ->
    {noreply, State, ?SWEEP_MS}.

handle_info(timeout, State) ->
    Dead = [Call || {{Pid, _, _} = Call} <- ets:tab2list(?PENDING), not is_process_alive(Pid)],
    lists:foreach(fun stop/1, Dead),
    ets:match_delete(?MODULE, {'_', 0}),
    {noreply, State, ?SWEEP_MS};
handle_info(_Message, State) ->
    {noreply, State, ?SWEEP_MS}.
