%% dynsrv_srv: the members that the SRV records of a service name, as an answer for dynsrv_decide.
%%
%% A failure is `{error, Reason}`, never an empty answer. An answer over UDP into which one more record would not have fitted is
%% asked for again over TCP: servers cut answers without saying so, as Consul does.
-module(dynsrv_srv).

-export([ask/2, answer/3, is_near_limit/3, host/1, plain_name/1]).

%% What one answer may name; what is beyond is left out, and said.
-define(MAX_NODES, 10000).
-define(MAX_REPORTED, 100).
%% Sizes at which servers cut: without EDNS, and what we announce.
-define(SIZES, [512, 1232]).

%% @doc Asks for the members. Options: `service`, `port_name`, `node_basename`, `resolver`, `timeout` (ms).
ask(#{resolver := Resolver, service := Service} = Options, _Transport) when Resolver =/= undefined ->
    %% A libcluster resolver: [{Priority, Weight, Port, Target}]. It cannot say why there are none.
    case Resolver(Service) of
        Records when is_list(Records) ->
            {ok, answer(#{records => [{P, W, Port, plain_name(Target)} || {P, W, Port, Target} <- Records],
                          addresses => [], ignored => [], empty => none}, Options, #{})};
        Other ->
            {error, {resolver_gave, Other}}
    end;
ask(#{service := Service, timeout := Timeout} = Options, Transport) ->
    Name = owner(Service, maps:get(port_name, Options, undefined)),
    Deadline = erlang:monotonic_time(millisecond) + Timeout,
    case resolve(Name, Transport, Deadline) of
        {ok, Found} when Transport =:= udp -> {ok, verified(Name, Found, Deadline, Options)};
        {ok, Found} -> {ok, answer(Found, Options, #{})};
        {error, _} = Error -> Error
    end.

resolve(Name, Transport, Deadline) ->
    Left = max(1, Deadline - erlang:monotonic_time(millisecond)),
    case dynsrv_epmd:resolve_srv(Name, #{transport => Transport, timeout => Left}) of
        {ok, #{records := [], ignored := [_ | _] = Ignored}} -> {error, {no_usable_record, Name, Ignored}};
        Result -> Result
    end.

verified(Name, #{records := Records, addresses := Addresses} = Found, Deadline, Options) ->
    case is_near_limit(Name, Records, length(Addresses)) of
        false ->
            answer(Found, Options, #{});
        true ->
            case resolve(Name, tcp, Deadline) of
                {ok, #{records := Whole} = Second} ->
                    case identities(Whole) -- identities(Records) of
                        %% A forwarder may repeat a cut answer over TCP.
                        [] -> answer(Found, Options, #{doubtful => true});
                        _ -> answer(Second, Options, #{})
                    end;
                {error, _} ->
                    answer(Found, Options, #{doubtful => true})
            end
    end.

identities(Records) ->
    lists:usort([{string:lowercase(Target), Port} || {_, _, Port, Target} <- Records]).

%% Whether one more record would have gone over a size at which servers cut. The message itself is not to be had, so both ways
%% of writing it are reckoned: targets whole, as RFC 2782 asks, and compressed.
is_near_limit(_Name, [], _) ->
    false;
is_near_limit(Name, Records, Addresses) ->
    %% Header, question, OPT.
    Fixed = 12 + length(Name) + 2 + 4 + 11,
    %% Owner by pointer, type, class, TTL, length; priority, weight, port.
    PerRecord = 12 + 6,
    Share = Addresses * 16 / length(Records),
    Whole = lists:sum([length(Target) + 2 || {_, _, _, Target} <- Records]),
    Packed = lists:sum([length(hd(string:split(Target, "."))) + 3 || {_, _, _, Target} <- Records]),
    lists:any(fun(Targets) ->
                      Bytes = Fixed + length(Records) * (PerRecord + Share) + Targets,
                      One = PerRecord + Share + Targets / length(Records),
                      lists:any(fun(Size) -> Bytes =< Size + 12 andalso Bytes + One > Size - 12 end, ?SIZES)
              end, [Whole, Packed]).

%% @doc What was found, as an answer: names and where they are, and what was left out.
answer(#{records := Records, addresses := Addresses, ignored := Ignored0, empty := Empty}, Options, Marks) ->
    {Nodes, Ignored} = lists:foldl(fun(Record, Acc) -> add(Record, Addresses, Options, Acc) end, {#{}, []}, Records),
    Left = [{unicode:characters_to_binary(T), unicode:characters_to_binary(Why)} || {T, Why} <- Ignored0],
    All = lists:sublist(Left ++ lists:reverse(Ignored), ?MAX_REPORTED),
    Answer = Marks#{nodes => Nodes, ignored => All},
    case Empty of
        absent -> Answer#{absent => true};
        none -> Answer;
        Why -> Answer#{empty => Why}
    end.

add({_, _, Port, Target}, Addresses, Options, {Nodes, Ignored}) ->
    Name = string:trim(Target, trailing, "."),
    case maps:size(Nodes) < ?MAX_NODES andalso node_name(Name, Options) of
        false ->
            {Nodes, Ignored};
        {ok, Node} ->
            Where = [{Type, Ip, Port} || {Owner, Type, Ip} <- Addresses, string:equal(Owner, Name, true)],
            {maps:update_with(Node, fun(Known) -> lists:usort(Known ++ Where) end, Where, Nodes), Ignored};
        {ignored, Why} ->
            {Nodes, [{unicode:characters_to_binary(Name), unicode:characters_to_binary(Why)} | Ignored]}
    end.

%% `<label>.<host>` is `<label>@<host>`; with a basename the whole target is the host.
node_name(Target, #{node_basename := Basename}) when Basename =/= undefined ->
    case Target =/= "" andalso length(Target) =< 255 andalso lists:all(fun(C) -> C =:= $. orelse is_label(C) end, Target) of
        true -> {ok, unicode:characters_to_binary([Basename, "@", Target])};
        false -> {ignored, "it is not a host name"}
    end;
node_name(Target, #{service := Service}) ->
    Host = host(Service),
    case string:split(Target, ".") of
        [[_ | _] = Label, Rest] ->
            case string:equal(Rest, Host, true) andalso lists:all(fun is_label/1, Label) andalso length(Target) =< 255 of
                true -> {ok, unicode:characters_to_binary([Label, "@", Host])};
                false -> {ignored, not_label(Host)}
            end;
        _ ->
            {ignored, not_label(Host)}
    end.

not_label(Host) ->
    ["it is not <label>.", Host, " with a label of letters, digits, - and _"].

is_label(C) ->
    (C >= $a andalso C =< $z) orelse (C >= $A andalso C =< $Z) orelse (C >= $0 andalso C =< $9) orelse C =:= $- orelse C =:= $_.

%% RFC 2782: `_<port>._tcp.<service>`.
owner(Service, undefined) -> Service;
owner(Service, PortName) -> "_" ++ PortName ++ "._tcp." ++ Service.

%% The host part of the names of a service's nodes.
host("_" ++ _ = Service) ->
    case string:split(Service, "._tcp.") of
        [_, Host] -> Host;
        [_] -> Service
    end;
host(Service) ->
    Service.

%% A name as a text of Erlang, without dots at its end.
plain_name(Name) when is_atom(Name) -> plain_name(atom_to_list(Name));
plain_name(Name) -> string:trim(unicode:characters_to_list(Name), trailing, ".").
