%% dynsrv_epmd: finds the nodes of a cluster through DNS SRV records, with no epmd anywhere.
%%
%% Start a stock Erlang or Elixir node (OTP 23 to 29) with
%%
%%     ERL_DIST_PORT=4370 erl -name web-1@my-service.internal \
%%         -pa DIR -start_epmd false -epmd_module dynsrv_epmd
%%
%% where DIR holds dynsrv_epmd.beam (`erlc dynsrv_epmd.erl`). Lookup of `label@service`:
%%   1. the node itself, also as its `rpc-` and `rem-` helpers ask for it, is on the loopback address;
%%   2. SRV of `service`, or of its port DYNSRV_PORT_NAME: the record whose target is `label.service`, in any case of letters, gives the port;
%%   3. when there is none, SRV of `label.service` (a Consul tag query), in the order of RFC 2782.
%% OTP 23 to 24.1 dials only hosts that it can resolve itself too, so there `service` needs an address of its own.
%%
%% While DNS does not answer, a node is looked for where `dynsrv_cluster`, if it runs, saw it last. Records of other owners than
%% the one asked for are not read, and no name with a control character in it leaves this module.
%%
%% Environment:
%%   ERL_DIST_PORT   the port to listen on; required, except for the `rpc-` and `rem-` nodes of release scripts
%%   DYNSRV_DNS      DNS servers to ask, `host:port[,host:port]`, IPv6 as `[::1]:53`; default: those of the VM
%%   DYNSRV_PORT_NAME  the name of the port on which the nodes listen, for a service that has SRV records for several: those of
%%                   `_NAME._tcp.service` are asked for
%%
%% This module runs before the file server and the logger, so it uses neither.
-module(dynsrv_epmd).
-behaviour(gen_server).

%% The callbacks of -epmd_module.
-export([start_link/0, listen_port_please/2, register_node/2, register_node/3, address_please/3, port_please/2,
         port_please/3, names/0, names/1]).
%% For the membership beside it, which asks the same questions: what an answer says is said once.
-export([resolve_srv/2, offer/3]).
%% The process that owns what is remembered.
-export([init/1, handle_call/3, handle_cast/2]).

%% The version of the distribution protocol. Lower ones make OTP 23 and 24 dial with the old handshake.
-define(VERSION, 6).
%% net_kernel gives a dial 7000 ms in all and waits for us meanwhile.
-define(LOOKUP_MS, 5000).
%% How long one try of a question may take, and how often each server is tried.
-define(TRY_MS, 1500).
-define(TRIES, 2).
%% OTP 24.2 and later asks twice for each dial; the second time within milliseconds.
-define(REMEMBER_MS, 1000).
-define(MAX_PORT, 65535).

start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

%% The port of this node. Without a usable environment a starting VM stops, with the reason printed.
listen_port_please(Name, Host) ->
    Alive = text(Name),
    remember(self_name, {Alive, string:lowercase(text(Host))}),
    case misspelled_servers() of
        [] ->
            case is_throw_away(Alive) of
                true ->
                    {ok, 0};
                false ->
                    case dist_port() of
                        {ok, Port} ->
                            {ok, Port};
                        {error, Reason} ->
                            refuse_to_start(Reason, "set it to the port of this node's SRV record (1 to 65535), such as 4370")
                    end
            end;
        [Bad | _] ->
            refuse_to_start("DYNSRV_DNS names no DNS server: \"" ++ Bad ++ "\"",
                            "write host:port, several joined by commas, IPv6 as [::1]:53")
    end.

register_node(Name, Port) ->
    register_node(Name, Port, inet).

%% Registers nowhere, since DNS tells of this node. -1 lets the VM choose a random 32-bit creation.
register_node(_Name, Port, _Driver) ->
    remember(self_port, Port),
    {ok, -1}.

address_please(Name, Host, Family) ->
    Alive = text(Name),
    Service = text(Host),
    case port_of_self(Alive, Service) of
        {ok, Port} ->
            {ok, loopback(Family), Port, ?VERSION};
        error ->
            Key = {Alive, Service, Family},
            case recall(Key) of
                {ok, {Answer, Until}} ->
                    case now_ms() < Until of
                        true -> Answer;
                        false -> look_up(Key)
                    end;
                error ->
                    look_up(Key)
            end
    end.

port_please(Name, Host) ->
    port_please(Name, Host, infinity).

%% Asked with an address in place of a host, the node is one of our own service.
port_please(Name, Host, _Timeout) ->
    Service = case is_tuple(Host) of
                  true -> own_service();
                  false -> {ok, text(Host)}
              end,
    case Service of
        {ok, Known} ->
            case address_please(Name, Known, inet) of
                {ok, _Ip, Port, Version} -> {port, Port, Version};
                {error, _} -> noport
            end;
        error ->
            noport
    end.

names() ->
    case own_service() of
        {ok, Service} -> members(Service);
        error -> {error, address}
    end.

%% The members of a service. `net_adm:names()` asks for this machine, which stands for our own service here.
names(Host) ->
    {ok, Machine} = inet:gethostname(),
    case text(Host) of
        Local when Local =:= Machine; Local =:= "localhost" -> names();
        Service -> members(Service)
    end.

%% --- lookup ---

look_up({Alive, Service, Family} = Key) ->
    Deadline = now_ms() + ?LOOKUP_MS,
    Answer = try
                 find(Alive, Service, Family, Deadline)
             catch
                 Class:Reason -> {error, {Class, Reason}}
             end,
    case Answer of
        {ok, _, _, _} ->
            remember(Key, {Answer, now_ms() + ?REMEMBER_MS}),
            Answer;
        {error, Why} ->
            forget(Key),
            case could_ask(Why) of
                true -> Answer;
                false -> last_place(Key, Answer)
            end
    end.

could_ask({not_found, _}) -> true;
could_ask({no_address, _}) -> true;
could_ask(_) -> false.

%% While nobody can be asked, a node is where the membership saw it last.
last_place({Alive, Service, Family}, Otherwise) ->
    case recall({place, string:lowercase(Alive ++ "." ++ Service), record_type(Family)}) of
        {ok, {Ip, Port}} -> {ok, Ip, Port, ?VERSION};
        error -> Otherwise
    end.

%% Takes in where a node is, as an SRV answer said it. It is used when DNS does not answer, and forgotten with `none`.
offer(Node, Type, Place) ->
    case string:split(text(Node), "@") of
        [Alive, Service] ->
            Key = {place, string:lowercase(Alive ++ "." ++ Service), record_type(Type)},
            case Place of
                none -> forget(Key);
                {_Ip, _Port} -> remember(Key, Place)
            end,
            ok;
        _ ->
            ok
    end.

find(Alive, Service, Family, Deadline) ->
    Instance = Alive ++ "." ++ Service,
    case inet:parse_strict_address(Service) of
        {ok, _} ->
            {error, {not_found, Instance}};
        {error, _} ->
            case srv(port_service(Service), Deadline) of
                {ok, Records, Extra} ->
                    case [R || {_, _, _, Target} = R <- Records, same_name(Target, Instance)] of
                        [] -> find_tagged(Instance, Family, Deadline);
                        Named -> first_address(ordered(Named), Extra, [], Family, Deadline, Instance)
                    end;
                {error, _} = Error ->
                    Error
            end
    end.

find_tagged(Instance, Family, Deadline) ->
    case srv(Instance, Deadline) of
        {ok, [], _} -> {error, {not_found, Instance}};
        {ok, Records, Extra} -> first_address(ordered(Records), Extra, [Instance], Family, Deadline, Instance);
        {error, _} = Error -> Error
    end.

first_address([], _Extra, _LastResort, _Family, _Deadline, Instance) ->
    {error, {no_address, Instance}};
first_address([{_, _, Port, Target} | More], Extra, LastResort, Family, Deadline, Instance) ->
    case address_of(Target, Extra, LastResort, Family, Deadline) of
        {ok, Ip} ->
            {ok, Ip, Port, ?VERSION};
        none ->
            first_address(More, Extra, LastResort, Family, Deadline, Instance);
        {error, _} = Error ->
            %% Another target may still be found; if none is, "could not ask" is the truth and not "has none".
            case first_address(More, Extra, LastResort, Family, Deadline, Instance) of
                {ok, _, _, _} = Found -> Found;
                {error, _} -> Error
            end
    end.

address_of(Target, Extra, LastResort, Family, Deadline) ->
    Type = record_type(Family),
    case [Ip || {Owner, T, Ip} <- Extra, T =:= Type, same_name(Owner, Target)] of
        [Ip | _] -> {ok, Ip};
        [] -> resolve_address([Target | LastResort], Type, Deadline)
    end.

resolve_address([], _Type, _Deadline) ->
    none;
resolve_address([Name | More], Type, Deadline) ->
    case ask(Name, Type, Deadline, udp) of
        {ok, Message} ->
            case [rr(RR, data) || RR <- own_records(Name, Message), rr(RR, type) =:= Type] of
                [Ip | _] -> {ok, Ip};
                [] -> resolve_address(More, Type, Deadline)
            end;
        {empty, _} ->
            resolve_address(More, Type, Deadline);
        {error, _} = Error ->
            Error
    end.

%% RFC 2782: where the SRV records of the nodes are, for a service with several ports.
port_service(Service) ->
    case os:getenv("DYNSRV_PORT_NAME", "") of
        "" -> Service;
        Port -> "_" ++ Port ++ "._tcp." ++ Service
    end.

%% The SRV records of a name, and the addresses that came with them.
srv(Name, Deadline) ->
    case srv(Name, Deadline, udp) of
        {ok, #{records := Records, addresses := Extra}} -> {ok, Records, Extra};
        {error, _} = Error -> Error
    end.

srv(Name, Deadline, Transport) ->
    case ask(Name, srv, Deadline, Transport) of
        {ok, Message} ->
            Found = [RR || RR <- own_records(Name, Message), rr(RR, type) =:= srv],
            {Records, Ignored} = usable([rr(RR, data) || RR <- Found]),
            Extra = [{rr(RR, domain), rr(RR, type), rr(RR, data)}
                     || RR <- inet_dns:msg(Message, arlist), is_address(rr(RR, type))],
            %% The target "." alone says on purpose that the service is not offered.
            Empty = case Found of
                        [] -> nodata;
                        _ when Records =:= [], Ignored =:= [] -> absent;
                        _ -> none
                    end,
            {ok, #{records => Records, addresses => Extra, ignored => Ignored, empty => Empty}};
        {empty, Why} ->
            {ok, #{records => [], addresses => [], ignored => [], empty => Why}};
        {error, _} = Error ->
            Error
    end.

%% The SRV records of a service: `records` as {Priority, Weight, Port, Target}, `addresses` as {Owner, a | aaaa, Ip}, `ignored`
%% as {Target, Reason}, and `empty`: none, nxdomain, nodata, or absent for the target ".". Names are whole and pass no search list.
%% Options: transport, udp (which goes over to TCP when the answer says that it was cut) or tcp; timeout in milliseconds.
resolve_srv(Name, Options) ->
    Deadline = now_ms() + maps:get(timeout, Options, ?LOOKUP_MS),
    try
        srv(Name, Deadline, maps:get(transport, Options, udp))
    catch
        _:Reason -> {error, {lookup_failed, Name, Reason}}
    end.

usable(Found) ->
    lists:foldr(fun(Data, {Records, Ignored}) ->
                        case Data of
                            {_, _, _, Root} when Root =:= ""; Root =:= "." ->
                                {Records, Ignored};
                            {_, _, Port, Target} = Record when is_integer(Port), Port > 0, Port =< ?MAX_PORT ->
                                case is_plain(Target) of
                                    true -> {[Record | Records], Ignored};
                                    false -> {Records, [{printable(Target), "its target is not a domain name"} | Ignored]}
                                end;
                            {_, _, Port, Target} ->
                                {Records, [{printable(Target), lists:flatten(io_lib:format("nobody can dial port ~p", [Port]))} | Ignored]};
                            _ ->
                                {Records, [{"one", "it is no SRV record"} | Ignored]}
                        end
                end, {[], []}, Found).

is_plain(Name) ->
    length(Name) =< 255 andalso lists:all(fun(C) -> C > 32 andalso C < 127 end, Name).

%% What could do something to a terminal is left out.
printable(Name) ->
    [case C > 32 andalso C < 127 of true -> C; false -> $? end || C <- lists:sublist(Name, 300)].

%% The records that answer this question: those of the name itself, or of where its aliases lead. A server that adds records
%% of other owners does not speak for these.
own_records(Name, Message) ->
    All = inet_dns:msg(Message, anlist),
    Owner = follow(string:lowercase(Name), All, 16),
    [RR || RR <- All, string:lowercase(rr(RR, domain)) =:= Owner].

follow(Owner, _All, 0) ->
    Owner;
follow(Owner, All, Left) ->
    case [rr(RR, data) || RR <- All, rr(RR, type) =:= cname, string:lowercase(rr(RR, domain)) =:= Owner] of
        [Next | _] -> follow(string:lowercase(Next), All, Left - 1);
        [] -> Owner
    end.

%% One question; `empty` when the zone itself says that there is nothing. inet_res goes over to TCP when it must.
ask(Name, Type, Deadline, Transport) ->
    case Deadline - now_ms() of
        Left when Left =< 0 -> {error, {lookup_failed, Name, timeout}};
        Left -> ask_server(Name, Type, Left, Transport)
    end.

ask_server(Name, Type, Left, Transport) ->
    case dns_servers() of
        {ok, Servers} ->
            Options = [{edns, 0}, {udp_payload_size, 1232}, {timeout, ?TRY_MS}, {retry, ?TRIES},
                       {usevc, Transport =:= tcp} | Servers],
            case inet_res:resolve(Name, in, Type, Options, Left) of
                {ok, Message} -> {ok, Message};
                {error, nxdomain} -> {empty, nxdomain};
                {error, {nxdomain, _}} -> {empty, nxdomain};
                {error, {Reason, _}} -> {error, {lookup_failed, Name, Reason}};
                {error, Reason} -> {error, {lookup_failed, Name, Reason}}
            end;
        {error, _} = Error ->
            Error
    end.

rr(RR, Field) ->
    inet_dns:rr(RR, Field).

is_address(a) -> true;
is_address(aaaa) -> true;
is_address(_) -> false.

record_type(inet6) -> aaaa;
record_type(inet6_tcp) -> aaaa;
record_type(_) -> a.

%% RFC 2782: by priority, within one priority drawn by weight.
ordered(Records) ->
    Priorities = lists:usort([Priority || {Priority, _, _, _} <- Records]),
    lists:append([drawn([R || {P, _, _, _} = R <- Records, P =:= Priority]) || Priority <- Priorities]).

drawn([]) ->
    [];
drawn(Group) ->
    %% Weight 0 first, so that it is met only by a draw of 0.
    Sorted = lists:keysort(2, Group),
    Total = lists:sum([Weight || {_, Weight, _, _} <- Sorted]),
    Drawn = draw(Sorted, rand:uniform(Total + 1) - 1),
    [Drawn | drawn(lists:delete(Drawn, Sorted))].

draw([{_, Weight, _, _} = Record | More], Left) ->
    case Left =< Weight orelse More =:= [] of
        true -> Record;
        false -> draw(More, Left - Weight)
    end.

members(Service) ->
    try srv(port_service(Service), now_ms() + ?LOOKUP_MS) of
        {ok, Records, _} ->
            {ok, [{Label, Port} || {_, _, Port, Target} <- Records, {ok, Label} <- [label(Target, Service)]]};
        {error, _} ->
            {error, address}
    catch
        _:_ -> {error, address}
    end.

%% A label is what a node's name may begin with: letters, digits, - and _. Nothing else reaches a terminal from here.
label(Target, Service) ->
    case string:split(Target, ".") of
        [Label, Rest] when Label =/= "" ->
            case same_name(Rest, Service) andalso lists:all(fun is_label/1, Label) of
                true -> {ok, Label};
                false -> error
            end;
        _ ->
            error
    end.

is_label(C) ->
    (C >= $a andalso C =< $z) orelse (C >= $A andalso C =< $Z) orelse (C >= $0 andalso C =< $9) orelse C =:= $- orelse C =:= $_.

same_name(A, B) ->
    string:lowercase(A) =:= string:lowercase(B).

%% --- the node itself ---

port_of_self(Alive, Host) ->
    Lower = string:lowercase(Host),
    case recall(self_name) of
        {ok, {Alive, Lower}} ->
            recall(self_port);
        {ok, {Own, Lower}} ->
            %% A release script's helper runs beside the node it serves and inherits its environment.
            case helped_by(Own) of
                Alive ->
                    case dist_port() of
                        {ok, Port} -> {ok, Port};
                        {error, _} -> error
                    end;
                _ ->
                    error
            end;
        _ ->
            error
    end.

own_service() ->
    case recall(self_name) of
        {ok, {_, Host}} -> {ok, Host};
        error -> error
    end.

is_throw_away("rpc-" ++ _) -> true;
is_throw_away("rem-" ++ _) -> true;
is_throw_away(_) -> false.

%% `rpc-12ab-web-1` and `rem-12ab-web-1` work for `web-1`.
helped_by(Alive) ->
    case is_throw_away(Alive) of
        true ->
            case string:split(lists:nthtail(4, Alive), "-") of
                [_, Served] -> Served;
                _ -> none
            end;
        false ->
            none
    end.

loopback(Family) ->
    case record_type(Family) of
        aaaa -> {0, 0, 0, 0, 0, 0, 0, 1};
        a -> {127, 0, 0, 1}
    end.

%% --- the environment ---

dist_port() ->
    case os:getenv("ERL_DIST_PORT") of
        Unset when Unset =:= false; Unset =:= "" ->
            {error, "ERL_DIST_PORT is not set"};
        Text ->
            case number(string:trim(Text)) of
                {ok, Port} when Port > 0, Port =< ?MAX_PORT -> {ok, Port};
                {ok, _} -> {error, "ERL_DIST_PORT is out of range: " ++ Text};
                error -> {error, "ERL_DIST_PORT is not a number: " ++ Text}
            end
    end.

%% While the VM starts, a crash would bury the reason under reports and leave a dump: so print and stop.
%% In a running VM the reason goes to whoever called net_kernel:start.
refuse_to_start(Reason, Advice) ->
    case init:get_status() of
        {starting, _} ->
            Stderr = open_port({fd, 2, 2}, [out]),
            port_command(Stderr, ["dynsrv_epmd: this node cannot start: ", Reason, ": ", Advice, ".\n"]),
            halt(1);
        _ ->
            {error, Reason}
    end.

dns_servers() ->
    case [located(server(Part)) || Part <- server_texts()] of
        [] ->
            {ok, []};
        Servers ->
            case [Part || {error, Part} <- Servers] of
                [] -> {ok, [{nameservers, [Server || {ok, Server} <- Servers]}]};
                [Bad | _] -> {error, {bad_dynsrv_dns, Bad}}
            end
    end.

%% What can never be a server. A host that has no address yet is not among them: it may have one at the next lookup.
misspelled_servers() ->
    [Part || {error, Part} <- [server(Part) || Part <- server_texts()]].

server_texts() ->
    case os:getenv("DYNSRV_DNS") of
        Unset when Unset =:= false; Unset =:= "" -> [];
        Text -> [string:trim(Part) || Part <- string:split(Text, ",", all)]
    end.

server("[" ++ Rest = Text) ->
    case string:split(Rest, "]") of
        [Host, ""] -> server(Host, "53", Text);
        [Host, ":" ++ Port] -> server(Host, Port, Text);
        _ -> {error, Text}
    end;
server(Text) ->
    case string:split(Text, ":", all) of
        [Host, Port] -> server(Host, Port, Text);
        [Host] -> server(Host, "53", Text);
        _ -> {error, Text}
    end.

server(Host, PortText, Text) ->
    case number(PortText) of
        {ok, Port} when Host =/= "", Port > 0, Port =< ?MAX_PORT -> {ok, {Host, Port, Text}};
        _ -> {error, Text}
    end.

located({ok, {Host, Port, Text}}) ->
    case server_address(Host) of
        {ok, Ip} -> {ok, {Ip, Port}};
        {error, _} -> {error, Text}
    end;
located({error, Text}) ->
    {error, Text}.

server_address(Host) ->
    case inet:parse_strict_address(Host) of
        {ok, Ip} -> {ok, Ip};
        {error, _} -> inet:getaddr(Host, inet)
    end.

%% Digits only: string:to_integer/1 takes a sign too.
number(Text) ->
    case Text =/= "" andalso lists:all(fun(C) -> C >= $0 andalso C =< $9 end, Text) of
        true -> {ok, list_to_integer(Text)};
        false -> error
    end.

%% --- memory ---

init([]) ->
    ?MODULE = ets:new(?MODULE, [named_table, public]),
    {ok, none}.

handle_call(_Request, _From, State) ->
    {reply, {error, unknown_request}, State}.

handle_cast(_Request, State) ->
    {noreply, State}.

%% The table is missing when somebody calls this module in a node that does not run with it.
remember(Key, Value) ->
    ets:info(?MODULE, name) =:= ?MODULE andalso ets:insert(?MODULE, {Key, Value}).

recall(Key) ->
    case ets:info(?MODULE, name) =:= ?MODULE andalso ets:lookup(?MODULE, Key) of
        [{_, Value}] -> {ok, Value};
        _ -> error
    end.

forget(Key) ->
    ets:info(?MODULE, name) =:= ?MODULE andalso ets:delete(?MODULE, Key).

now_ms() ->
    erlang:monotonic_time(millisecond).

text(Atom) when is_atom(Atom) -> atom_to_list(Atom);
text(Text) when is_list(Text) -> Text;
text(Binary) when is_binary(Binary) -> unicode:characters_to_list(Binary).
