%% dynsrv_sup: what calls and memberships of this node share. Tables belong to the supervisor, so they live as long as it.
-module(dynsrv_sup).
-behaviour(supervisor).
-export([start_link/0, init/1]).

start_link() ->
    supervisor:start_link({local, ?MODULE}, ?MODULE, []).

init([]) ->
    dynsrv_claims:new(),
    dynsrv_calls:new(),
    %% A scope of our own: that of OTP's default may be started by the program as well.
    Scope = #{id => pg, start => {pg, start_link, [dynsrv]}},
    Calls = #{id => calls, start => {dynsrv_calls, start_link, []}},
    {ok, {#{strategy => one_for_one, intensity => 5, period => 10}, [Scope, Calls]}}.
