-module(dynsrv_app).
-behaviour(application).
-export([start/2, stop/1]).

start(_Type, _Arguments) ->
    dynsrv_sup:start_link().

stop(_State) ->
    ok.
