%% Finds nodes without any directory: the digits behind the last _ of the alive name are the port, on loopback.
-module(port_in_name_epmd).
-export([start_link/0, listen_port_please/2, register_node/3, address_please/3, port_please/2, names/1]).

start_link() -> ignore.
listen_port_please(Name, _Host) -> {ok, port(atom_to_list(Name))}.
register_node(_Name, _Port, _Driver) -> {ok, -1}.
address_please(Name, _Host, _Family) -> {ok, {127, 0, 0, 1}, port(Name), 6}.
port_please(Name, _Address) -> {port, port(Name), 6}.
names(_Host) -> {error, address}.

port(Name) -> list_to_integer(lists:last(string:split(Name, "_", all))).
