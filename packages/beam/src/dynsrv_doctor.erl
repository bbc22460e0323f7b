%% dynsrv_doctor: what can be seen of the cluster from inside a node, in the codes of `dynsrv doctor`: docs/errors.md explains each.
%%
%% The cookie is never shown, only where it comes from.
-module(dynsrv_doctor).

-export([check/1, print/1, codes/0]).
-compile({no_auto_import, [error/3]}).

-type finding() :: #{verdict := ok | note | warning | error, text := string(), code => atom(), hint => string()}.
-export_type([finding/0]).

-define(LOOKUP_MS, 5000).
-define(PROBE_MS, 1000).
%% Shorter cookies can be tried out.
-define(COOKIE_LENGTH, 16).

%% @doc Prints what was found; `error` when something keeps nodes apart.
print(Options) ->
    Findings = check(Options),
    lists:foreach(fun(Finding) -> io:put_chars([line(Finding), $\n]) end, Findings),
    case [Finding || #{verdict := error} = Finding <- Findings] of
        [] -> ok;
        _ -> error
    end.

%% @doc All findings, in the order in which a cluster forms. Options: `service`; default: the host of this node's name.
-spec check([tuple()] | map()) -> [finding()].
check(Options) when is_list(Options) ->
    check(maps:from_list(Options));
check(Options) ->
    Service = service(Options),
    lists:flatten([name(), cookie(), creation(), lookup_module(), port(), discovery(Service), hidden(), elsewhere()]).

%% The codes that it may give.
codes() ->
    ['DYNSRV_NAME_MISSING', 'DOCTOR_SHORT_AND_LONG', 'DYNSRV_COOKIE_MISSING', 'DOCTOR_COOKIE_WEAK', 'DYNSRV_SMALL_CREATION',
     'EPMD_DIST_PORT_MISSING', 'EPMD_DIST_PORT_NOT_A_NUMBER', 'EPMD_LOOKUP_FAILED', 'DOCTOR_SERVICE_UNKNOWN', 'DOCTOR_NO_MEMBERS',
     'DOCTOR_TARGETS_IGNORED', 'DOCTOR_NOT_REGISTERED', 'DOCTOR_PORT_DIFFERS', 'NODE_REFUSED', 'NODE_CONNECT_TIMEOUT',
     'NODE_UNREACHABLE', 'NODE_NOT_CONNECTED', 'EPMD_NO_ADDRESS'].

service(#{service := Service}) ->
    dynsrv_srv:plain_name(Service);
service(_) ->
    case string:split(atom_to_list(node()), "@") of
        ["nonode", "nohost"] -> undefined;
        [_, Host] -> Host
    end.

%% --- this node ---

name() ->
    case {is_alive(), lists:member($., atom_to_list(node()))} of
        {false, _} ->
            error('DYNSRV_NAME_MISSING', "this node has no name, so it is in no cluster",
                  "Start it with --name web-1@my-service.internal; a release takes RELEASE_DISTRIBUTION=name and RELEASE_NODE.");
        {true, false} ->
            error('DOCTOR_SHORT_AND_LONG', format("~ts is a short name, and nodes in SRV records have long ones", [node()]),
                  "Use --name in place of --sname, with the service as the host.");
        {true, true} ->
            ok("name ~ts", [node()])
    end.

cookie() ->
    case is_alive() of
        false ->
            [];
        true ->
            Source = cookie_source(),
            case atom_to_list(erlang:get_cookie()) of
                "nocookie" ->
                    error('DYNSRV_COOKIE_MISSING', "there is no cookie", "Set RELEASE_COOKIE, or start with --cookie.");
                Cookie when length(Cookie) < ?COOKIE_LENGTH ->
                    warning('DOCTOR_COOKIE_WEAK', format("the cookie, from ~ts, has fewer than ~b characters", [Source, ?COOKIE_LENGTH]),
                            "Make a new one: openssl rand -hex 24");
                _ ->
                    ok("cookie from ~ts", [Source])
            end
    end.

cookie_source() ->
    case {os:getenv("RELEASE_COOKIE"), init:get_argument(setcookie)} of
        {Cookie, _} when is_list(Cookie), Cookie =/= "" -> "RELEASE_COOKIE";
        {_, {ok, _}} -> "the flag -setcookie";
        _ -> "the file .erlang.cookie, or set while the node runs"
    end.

creation() ->
    case is_alive() andalso erlang:system_info(creation) of
        false -> [];
        Small when Small =< 4 ->
            warning('DYNSRV_SMALL_CREATION', format("creation ~b: messages to processes of before a restart may reach others", [Small]),
                    "Let register_node of the epmd module return -1, as dynsrv_epmd does.");
        Creation -> ok("creation ~b", [Creation])
    end.

lookup_module() ->
    case is_alive() andalso net_kernel:epmd_module() of
        false -> [];
        dynsrv_epmd -> ok("peers are looked up in SRV records (dynsrv_epmd), with no epmd", []);
        Other -> note("peers are looked up by ~ts; mix dynsrv.install lets this application run without epmd", [Other])
    end.

port() ->
    case os:getenv("ERL_DIST_PORT") of
        Unset when Unset =:= false; Unset =:= "" ->
            case is_alive() andalso net_kernel:epmd_module() =/= dynsrv_epmd of
                true -> [];
                false -> error('EPMD_DIST_PORT_MISSING', "ERL_DIST_PORT is not set",
                               "Set it to the port of this node's SRV record, such as 4370.")
            end;
        Text ->
            case own_port() of
                {ok, Port} -> ok("port ~b, from ERL_DIST_PORT", [Port]);
                error -> error('EPMD_DIST_PORT_NOT_A_NUMBER', format("ERL_DIST_PORT is no port: ~ts", [Text]),
                               "Set it to the port of this node's SRV record, such as 4370.")
            end
    end.

own_port() ->
    try list_to_integer(string:trim(os:getenv("ERL_DIST_PORT", ""))) of
        Port when Port > 0, Port < 65536 -> {ok, Port};
        _ -> error
    catch error:badarg -> error
    end.

%% --- the service, and who of it is here ---

discovery(undefined) ->
    note("no service was looked up: give one with --service", []);
discovery(Service) ->
    Options = #{service => Service, timeout => ?LOOKUP_MS, resolver => undefined, node_basename => undefined},
    case dynsrv_srv:ask(Options, udp) of
        {ok, #{nodes := Nodes, ignored := Ignored} = Answer} ->
            Names = lists:sort(maps:keys(Nodes)),
            [found(Service, Names, Ignored, Answer), own_record(Service, Nodes), [peer(Name, maps:get(Name, Nodes)) || Name <- Names]];
        {error, Reason} ->
            error('EPMD_LOOKUP_FAILED', format("SRV ~ts", [dynsrv_words:lookup(Reason)]),
                  "Check DYNSRV_DNS and /etc/resolv.conf. While this lasts, nobody leaves and nobody joins.")
    end.

found(Service, [], [], #{empty := nxdomain}) ->
    error('DOCTOR_SERVICE_UNKNOWN', format("~ts does not exist in DNS", [Service]),
          "Compare the service with what your registry publishes.");
found(Service, [], [], _) ->
    error('DOCTOR_NO_MEMBERS', format("~ts has no members", [Service]), "Register the nodes, and look at their health checks.");
found(Service, Names, Ignored, _) ->
    [ok("SRV ~ts names ~ts", [Service, dynsrv_words:counted(length(Names), "node")])
     | [warning('DOCTOR_TARGETS_IGNORED', format("~ts: ~ts", [Target, Why]),
                "Register the nodes with an address <label>.<service>.") || {Target, Why} <- Ignored]].

own_record(Service, Nodes) ->
    Self = list_to_binary(atom_to_list(node())),
    Host = dynsrv_srv:host(Service),
    IsOurs = is_alive() andalso string:equal(lists:last(string:split(atom_to_list(node()), "@")), Host, true),
    Ports = [Port || {Name, Places} <- maps:to_list(Nodes), string:equal(Name, Self, true), {_, _, Port} <- Places],
    case {IsOurs, lists:any(fun(Name) -> string:equal(Name, Self, true) end, maps:keys(Nodes)), own_port()} of
        {false, _, _} -> [];
        {true, false, _} ->
            error('DOCTOR_NOT_REGISTERED', format("~ts runs here, but ~ts does not list it", [Self, Service]),
                  "Look at the health check. In Kubernetes, set publishNotReadyAddresses: true at the headless service.");
        {true, true, {ok, Port}} ->
            case Ports =:= [] orelse lists:member(Port, Ports) of
                true -> ok("our own record", []);
                false -> error('DOCTOR_PORT_DIFFERS', format("this node listens on ~b, its SRV record says ~0p", [Port, lists:usort(Ports)]),
                               "Register ERL_DIST_PORT itself, or map the registered port to it.")
            end;
        _ -> ok("our own record", [])
    end.

peer(Name, Places) ->
    Connected = [atom_to_list(Node) || Node <- [node() | nodes(connected)]],
    Hidden = [atom_to_list(Node) || Node <- nodes(hidden)],
    Text = binary_to_list(Name),
    case {Text =:= atom_to_list(node()), lists:member(Text, Connected), lists:member(Text, Hidden)} of
        {true, _, _} -> [];
        {_, true, true} -> ok("~ts is connected (hidden)", [Name]);
        {_, true, false} -> ok("~ts is connected", [Name]);
        _ -> apart(Name, Places)
    end.

apart(Name, []) ->
    error('EPMD_NO_ADDRESS', format("~ts is not connected: its target has no address in the answer", [Name]),
          "Give the target an A record.");
apart(Name, [{Type, Ip, Port} | _]) ->
    Where = io_lib:format("~ts:~b", [inet:ntoa(Ip), Port]),
    Family = case Type of aaaa -> inet6; _ -> inet end,
    case gen_tcp:connect(Ip, Port, [Family, {active, false}], ?PROBE_MS) of
        {ok, Socket} ->
            gen_tcp:close(Socket),
            error('NODE_NOT_CONNECTED', format("~ts is not connected, and ~ts accepts connections", [Name, Where]),
                  "Compare the cookies and the names; dynsrv doctor makes the handshake and says which. A membership must run on one side.");
        {error, econnrefused} ->
            error('NODE_REFUSED', format("~ts is not connected: nothing listens at ~ts", [Name, Where]),
                  "Is the node running? If so, it listens on another port or address: compare ERL_DIST_PORT with its SRV record.");
        {error, timeout} ->
            error('NODE_CONNECT_TIMEOUT', format("~ts is not connected: ~ts does not answer", [Name, Where]),
                  "Something on the way drops the packets: a firewall, a security group, a NetworkPolicy.");
        {error, Reason} ->
            error('NODE_UNREACHABLE', format("~ts is not connected: ~ts cannot be reached: ~ts", [Name, Where, inet:format_error(Reason)]),
                  "This machine has no route to the address: the peer is on another network.")
    end.

%% The node of the command that asks is hidden too, and gone in a moment.
hidden() ->
    Helper = fun(Node) -> lists:prefix("rpc-", Node) orelse lists:prefix("rem-", Node) end,
    case [Node || Node <- nodes(hidden), not Helper(atom_to_list(Node))] of
        [] -> [];
        Nodes -> note("hidden, so not in Node.list(): ~ts", [lists:join(", ", [atom_to_list(Node) || Node <- lists:sort(Nodes)])])
    end.

%% What is installed here already; nothing is downloaded.
elsewhere() ->
    {ok, Folder} = file:get_cwd(),
    case installed(Folder) of
        none -> [];
        Program -> note("more can be seen from outside: ~ts doctor", [Program])
    end.

installed(Folder) ->
    Local = filename:join([Folder, "node_modules", ".bin", "dynsrv"]),
    case {filelib:is_regular(Local), filename:dirname(Folder)} of
        {true, _} -> "npx --no-install dynsrv";
        {false, Folder} ->
            case os:find_executable("dynsrv") of
                false -> none;
                Program -> Program
            end;
        {false, Above} -> installed(Above)
    end.

%% --- words ---

ok(Format, Arguments) -> #{verdict => ok, text => format(Format, Arguments)}.
note(Format, Arguments) -> #{verdict => note, text => format(Format, Arguments)}.
warning(Code, Text, Hint) -> #{verdict => warning, code => Code, text => Text, hint => Hint}.
error(Code, Text, Hint) -> #{verdict => error, code => Code, text => Text, hint => Hint}.

format(Format, Arguments) -> lists:flatten(io_lib:format(Format, Arguments)).

line(#{verdict := ok, text := Text}) -> ["ok       ", Text];
line(#{verdict := note, text := Text}) -> ["note     ", Text];
line(#{verdict := Verdict, code := Code, text := Text, hint := Hint}) ->
    [string:pad(atom_to_list(Verdict), 9), atom_to_list(Code), ": ", Text, "\n         ", Hint].
