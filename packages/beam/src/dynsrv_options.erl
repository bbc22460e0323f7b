%% dynsrv_options: the options of dynsrv_cluster, checked before anything is asked or dialled. An unknown one is refused, with the
%% nearest that there is.
-module(dynsrv_options).
-export([read/1]).

%% @doc `{ok, Options}` with every default in place, or `{error, {bad_option, Text}}`.
read(Given) when is_map(Given) ->
    read(maps:to_list(Given));
read(Given) when is_list(Given) ->
    try
        Said = lists:foldl(fun one/2, #{}, Given),
        maps:is_key(service, Said) orelse refuse("service is missing: the DNS name that holds the SRV records of all members, such as \"my-service.internal\"", []),
        Leave = case Said of
                    #{leave := Policy} -> Policy;
                    #{disconnect_on_deregister := false} -> when_link_dropped;
                    _ -> on_deregister
                end,
        {ok, (maps:merge(defaults(), Said))#{leave => Leave}}
    catch
        throw:{bad_option, Text} -> {error, {bad_option, Text}}
    end;
read(_) ->
    {error, {bad_option, "the options have to be a list of {Name, Value}, or a map"}}.

defaults() ->
    maps:merge(dynsrv_decide:defaults(),
               #{topology => dynsrv, port_name => undefined, node_basename => undefined, resolver => undefined,
                 polling_interval => 5000, disconnect_on_deregister => true, confirm_delay_ms => 25,
                 discover_timeout_ms => 10000, connect_timeout_ms => 10000, parallel => 16, retry_base_ms => 1000,
                 retry_max_ms => 30000, on_change => undefined, name => undefined,
                 connect => {net_kernel, connect_node, []}, disconnect => {erlang, disconnect_node, []},
                 list_nodes => {erlang, nodes, [connected]}}).

one({Key, Value}, Said) ->
    case rule(Key) of
        unknown ->
            refuse("~ts is not an option~ts", [shown(Key), nearest(Key)]);
        {What, Read} ->
            case try Read(Value) catch _:_ -> error end of
                {ok, Good} -> Said#{Key => Good};
                error -> refuse("~ts has to be ~ts, and is ~0tP", [Key, What, Value, 10])
            end
    end;
one(Other, _Said) ->
    refuse("an option has to be {Name, Value}, and one is ~0tP", [Other, 10]).

rule(service) -> {"a domain name, such as \"my-service.internal\"", fun domain/1};
rule(port_name) -> {"the name of a port, such as \"dist\"", fun label/1};
rule(node_basename) -> {"the part of a node's name before the @", fun label/1};
rule(topology) -> {"an atom", when_true(fun is_atom/1)};
rule(name) -> {"a name to register, as gen_server has it, or an atom", fun registered/1};
rule(resolver) -> {"a function of the service's name", when_true(fun(F) -> is_function(F, 1) end)};
rule(leave) -> {"on_deregister, {leave_after, Polls}, {leave_after_ms, Ms}, when_link_dropped, never_leave, {all_of, [...]} or a function",
                when_true(fun dynsrv_plan:is_policy/1)};
rule(disconnect_on_deregister) -> {"true or false", when_true(fun is_boolean/1)};
rule(max_leave_share) -> {"a number from 0 to 1", when_true(fun(N) -> is_number(N) andalso N >= 0 andalso N =< 1 end)};
rule(confirm_empty) -> {"a number of answers, or infinity", when_true(fun(N) -> N =:= infinity orelse is_count(N, 0) end)};
rule(on_change) -> {"a function of the event, or {Module, Function, Arguments}",
                    when_true(fun(F) -> is_function(F, 1) orelse is_mfa(F) end)};
rule(Key) when Key =:= connect; Key =:= disconnect; Key =:= list_nodes -> {"{Module, Function, Arguments}", when_true(fun is_mfa/1)};
rule(Key) when Key =:= polling_interval; Key =:= confirm_delay_ms; Key =:= discover_timeout_ms; Key =:= connect_timeout_ms;
               Key =:= parallel; Key =:= retry_base_ms; Key =:= retry_max_ms ->
    {"a whole number above 0", when_true(fun(N) -> is_count(N, 1) end)};
rule(Key) when Key =:= confirm_empty_ms; Key =:= confirm_leave; Key =:= doubt_polls; Key =:= rotation_polls ->
    {"a whole number from 0 on", when_true(fun(N) -> is_count(N, 0) end)};
rule(_) -> unknown.

when_true(Check) ->
    fun(Value) ->
            case Check(Value) of
                true -> {ok, Value};
                false -> error
            end
    end.

is_count(N, Least) -> is_integer(N) andalso N >= Least andalso N < 1 bsl 32.

is_mfa({Module, Function, Arguments}) -> is_atom(Module) andalso is_atom(Function) andalso is_list(Arguments);
is_mfa(_) -> false.

registered(Name) when is_atom(Name), Name =/= undefined -> {ok, {local, Name}};
registered({local, Name} = All) when is_atom(Name) -> {ok, All};
registered({global, _} = All) -> {ok, All};
registered({via, Module, _} = All) when is_atom(Module) -> {ok, All};
registered(_) -> error.

domain(Value) ->
    Name = dynsrv_srv:plain_name(Value),
    Labels = string:split(Name, ".", all),
    IsGood = length(Name) < 254 andalso lists:all(fun(L) -> L =/= "" andalso length(L) < 64 andalso lists:all(fun is_host/1, L) end, Labels),
    case IsGood andalso length(Labels) > 1 of
        true -> {ok, Name};
        false -> error
    end.

label(Value) ->
    Text = dynsrv_srv:plain_name(Value),
    case Text =/= "" andalso length(Text) < 64 andalso lists:all(fun is_host/1, Text) of
        true -> {ok, Text};
        false -> error
    end.

is_host(C) ->
    (C >= $a andalso C =< $z) orelse (C >= $A andalso C =< $Z) orelse (C >= $0 andalso C =< $9) orelse C =:= $- orelse C =:= $_.

known() ->
    maps:keys(defaults()) ++ [service].

nearest(Key) when is_atom(Key) ->
    Text = atom_to_list(Key),
    {Distance, Near} = lists:min([{distance(Text, atom_to_list(Each)), Each} || Each <- known()]),
    case Distance =< max(2, length(Text) div 3) of
        true -> io_lib:format("; did you mean ~ts?", [Near]);
        false -> io_lib:format("; there are ~ts", [lists:join(", ", [atom_to_list(Each) || Each <- lists:sort(known())])])
    end;
nearest(_) ->
    "; the name of an option is an atom".

%% How many letters differ: one row of the table after the other.
distance(A, B) ->
    lists:last(lists:foldl(fun(Letter, [First | _] = Row) -> row(Letter, B, Row, [First + 1]) end, lists:seq(0, length(B)), A)).

row(_, [], [_], New) -> lists:reverse(New);
row(Letter, [Other | More], [Corner, Above | Row], [Left | _] = New) ->
    Cost = case Letter of Other -> 0; _ -> 1 end,
    row(Letter, More, [Above | Row], [lists:min([Left + 1, Above + 1, Corner + Cost]) | New]).

shown(Key) when is_atom(Key) -> atom_to_list(Key);
shown(Key) -> io_lib:format("~0tP", [Key, 10]).

refuse(Format, Arguments) ->
    throw({bad_option, lists:flatten(io_lib:format(Format, Arguments))}).
