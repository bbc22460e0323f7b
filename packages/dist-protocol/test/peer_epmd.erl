%% An epmd module without epmd: listens on any free port, and finds peers where the test put them.
-module(peer_epmd).
-export([start_link/0, listen_port_please/2, register_node/2, register_node/3, address_please/3, names/1]).
-export([port/0, peer/2]).

start_link() -> ignore.

listen_port_please(_Name, _Host) -> {ok, 0}.

register_node(Name, Port) -> register_node(Name, Port, inet_tcp).

register_node(_Name, Port, _Driver) ->
    persistent_term:put({?MODULE, own_port}, Port),
    {ok, rand:uniform(16#fffffff0) + 4}.

address_please(Name, _Host, _Family) ->
    case persistent_term:get({?MODULE, Name}, undefined) of
        undefined -> {error, nxdomain};
        Port -> {ok, {127, 0, 0, 1}, Port, 6}
    end.

names(_Host) -> {error, address}.

%% The port that this node listens on.
port() -> persistent_term:get({?MODULE, own_port}).

%% Notes where the node with this alive name listens.
peer(Name, Port) -> persistent_term:put({?MODULE, Name}, Port).
