%% Makes values of the types that a compiled module declares, and says whether a value is of a type.
%%
%% It is written from the Erlang reference manual, and shares nothing with what it tests. Types and specs are read by beam_lib.
-module(typegen).
-export([main/1]).

%% typegen:main(["Out", "Count", "exact" | "number", "Path.beam"...])
%%
%% Writes {Module, [{{type, Module, Name} | {spec, Fun, Arity, Clause, arg | result, Index}, [{Value, IsOfType}]}]}
%% for each module, as one term in Out/Module.etf.
main([Out, Count, Integers | Paths]) ->
    rand:seed(exsss, {17, 4, 2026}),
    put(integers, list_to_atom(Integers)),
    [one(Out, list_to_integer(Count), Path) || Path <- Paths],
    ok.

one(Out, Count, Path) ->
    {ok, {Module, _}} = beam_lib:chunks(Path, [exports]),
    put({facts, Module}, read(Path)),
    Declared = [{{type, Module, Name}, {Module, Form}} || {{Name, 0}, {[], Form}} <- lists:sort(maps:to_list(types(Module)))],
    Positions = lists:append([positions(Module, Spec) || Spec <- lists:sort(maps:to_list(specs(Module)))]),
    %% A form that stands in many places is one type.
    {All, _} = lists:foldl(fun({Id, In}, {Found, Seen}) ->
        Key = strip(In),
        case Seen of
            #{Key := _} -> {Found, Seen};
            _ -> {[{Id, In} | Found], Seen#{Key => true}}
        end
    end, {[], #{}}, Declared ++ Positions),
    Cases = [{Id, values(Count, In)} || {Id, In} <- lists:reverse(All)],
    ok = file:write_file(filename:join(Out, atom_to_list(Module) ++ ".etf"), term_to_binary({Module, mixed(Count, All, Cases)})).

%% Line numbers away.
strip(T) when is_tuple(T) ->
    case tuple_to_list(T) of
        [K, L | Rest] when is_integer(L); is_tuple(L) ->
            case lists:member(K, [type, user_type, remote_type, atom, integer, char, var, op, ann_type, paren_type]) of
                true -> list_to_tuple([K, 0 | [strip(E) || E <- Rest]]);
                false -> list_to_tuple([K, strip(L) | [strip(E) || E <- Rest]])
            end;
        L -> list_to_tuple([strip(E) || E <- L])
    end;
strip([H | T]) -> [strip(H) | strip(T)];
strip(T) -> T.

%% Every value of its own type, and as many that are made for other types or changed: those may be of the type or not.
mixed(Count, All, Cases) ->
    Pool = list_to_tuple(lists:append([lists:sublist(Values, 30) || {_, Values} <- Cases])),
    Inside = maps:from_list(Cases),
    [begin
        Values = maps:get(Id, Inside),
        Own = list_to_tuple(Values),
        Others = [case rand:uniform(2) of
            1 -> pick(Pool);
            2 -> mutate(case Own of {} -> pick(Pool); _ -> pick(Own) end)
        end || _ <- lists:seq(1, Count)],
        {Id, [{V, true} || V <- Values] ++ [{V, Is} || V <- Others, Is <- [judged(In, V)], is_boolean(Is)]}
    end || {Id, In} <- All].

judged(In, V) -> try is(In, V) catch throw:unsure -> unsure end.

pick(T) when tuple_size(T) =:= 0 -> nothing;
pick(T) -> element(rand:uniform(tuple_size(T)), T).

values(Count, In) -> lists:append([made(In, 20) || _ <- lists:seq(1, Count)]).

made(_, 0) -> [];
made(In, Tries) ->
    put(fuel, 400),
    try [gen(In, 0)]
    catch throw:never -> []; throw:fuel -> made(In, Tries - 1)
    end.

%% What modules say.

facts(Module) ->
    case get({facts, Module}) of
        undefined ->
            Facts = case code:get_object_code(Module) of
                {_, Bin, _} -> read(Bin);
                error -> {#{}, #{}, #{}}
            end,
            put({facts, Module}, Facts),
            Facts;
        Facts -> Facts
    end.

types(Module) -> element(1, facts(Module)).
records(Module) -> element(2, facts(Module)).
specs(Module) -> element(3, facts(Module)).

read(Beam) ->
    {ok, {_, [{debug_info, {debug_info_v1, _, Info}}, {exports, Exports}]}} = beam_lib:chunks(Beam, [debug_info, exports]),
    Forms = case Info of
        {elixir_v1, _, Specs} -> Specs;
        {Abstract, _} -> Abstract
    end,
    Types = [{{N, length(Vs)}, {[V || {var, _, V} <- Vs], F}} || {attribute, _, K, {N, F, Vs}} <- Forms, K =:= type orelse K =:= opaque orelse K =:= nominal],
    Records = [{N, [field(F) || F <- Fs]} || {attribute, _, record, {N, Fs}} <- Forms],
    Found = [{case Id of {_, N, A} -> {N, A}; _ -> Id end, Cs} || {attribute, _, spec, {Id, Cs}} <- Forms],
    {maps:from_list(Types), maps:from_list(Records), maps:from_list([S || {Id, _} = S <- Found, lists:member(Id, Exports)])}.

field({typed_record_field, F, T}) -> {element(1, field(F)), T};
field({record_field, _, {atom, _, N}}) -> {N, {type, 0, any, []}};
field({record_field, _, {atom, _, N}, _}) -> {N, {type, 0, any, []}}.

positions(_, {{'__info__', _}, _}) -> [];
positions(_, {{'__struct__', _}, _}) -> [];
positions(Module, {{Name, Arity}, Clauses}) ->
    lists:append([begin
        {{type, _, 'fun', [{type, _, product, Args}, Result]}, Bounds} = case Clause of
            {type, _, bounded_fun, [F, Cs]} -> {F, maps:from_list([{V, T} || {type, _, constraint, [{atom, _, is_subtype}, [{var, _, V}, T]]} <- Cs])};
            F -> {F, #{}}
        end,
        [{{spec, Name, Arity, N, arg, I}, {Module, bound(A, Bounds)}} || {I, A} <- numbered(Args)] ++
            [{{spec, Name, Arity, N, result, 0}, {Module, bound(Result, Bounds)}}]
    end || {N, Clause} <- numbered(Clauses)]).

%% The form with what its variables stand for.
bound({var, _, V}, Bounds) when is_map_key(V, Bounds) -> bound(maps:get(V, Bounds), maps:remove(V, Bounds));
bound(T, Bounds) when is_tuple(T) -> list_to_tuple([bound(E, Bounds) || E <- tuple_to_list(T)]);
bound([H | T], Bounds) -> [bound(H, Bounds) | bound(T, Bounds)];
bound(T, _) -> T.

numbered(L) -> lists:zip(lists:seq(0, length(L) - 1), L).

%% A type where it stands: {Module, Form, Env}; variables that are not in Env are any term.

scope({M, F}) -> {M, F, #{}}; scope(S) -> S.

%% Names and variables away.
resolve(S0) ->
    {M, F, Env} = scope(S0),
    case F of
        {ann_type, _, [_, T]} -> resolve({M, T, Env});
        {paren_type, _, [T]} -> resolve({M, T, Env});
        {var, _, V} ->
            case Env of
                #{V := S} -> resolve(S);
                _ -> {M, {type, 0, any, []}, #{}}
            end;
        {user_type, _, N, As} -> named(M, N, [{M, A, Env} || A <- As]);
        {remote_type, _, [{atom, _, R}, {atom, _, N}, As]} -> named(R, N, [{M, A, Env} || A <- As]);
        _ -> {M, F, Env}
    end.

named(M, N, As) ->
    case known({M, N}) of
        true -> {M, {known, 0, {M, N}, As}, #{}};
        false ->
            Id = {N, length(As)},
            case types(M) of
                #{Id := {Vs, F}} ->
                    resolve({M, F, maps:from_list(lists:zip(Vs, As))});
                _ -> {M, {type, 0, any, []}, #{}}
            end
    end.

%% Types whose values are more than the type says: text is UTF-8, and structs are as their modules make them.
known({'Elixir.String', t}) -> true;
known({unicode, chardata}) -> true;
known({'Elixir.IO', chardata}) -> true;
known({'Elixir.Date', t}) -> true;
known({'Elixir.DateTime', t}) -> true;
known({'Elixir.NaiveDateTime', t}) -> true;
known({'Elixir.Time', t}) -> true;
known({'Elixir.Version', t}) -> true;
known({'Elixir.Range', t}) -> true;
known({'Elixir.MapSet', t}) -> true;
known(_) -> false.

%% Values.

gen(S0, D) ->
    Fuel = get(fuel),
    Fuel > 0 orelse throw(fuel),
    D > 60 andalso throw(fuel),
    put(fuel, Fuel - 1),
    {M, F, Env} = resolve(S0),
    At = fun(T) -> gen({M, T, Env}, D + 1) end,
    case F of
        {known, _, Name, As} -> gen_known(Name, As, D);
        {atom, _, A} -> A;
        {integer, _, _} -> value(F);
        {char, _, C} -> C;
        {op, _, _, _} -> value(F);
        {op, _, _, _, _} -> value(F);
        {type, _, union, Ts} -> gen_one([{M, T, Env} || T <- shuffled(Ts)], D);
        {type, _, tuple, any} -> list_to_tuple(some_terms(D));
        {type, _, tuple, Ts} -> list_to_tuple([At(T) || T <- Ts]);
        {type, _, list, []} -> some_terms(D);
        {type, _, nil, []} -> [];
        {type, _, list, [T]} -> many(fun() -> At(T) end, 0, D);
        {type, _, nonempty_list, [T]} -> many(fun() -> At(T) end, 1, D);
        {type, _, nonempty_list, []} -> [any(D) | some_terms(D)];
        {type, _, maybe_improper_list, []} -> some_terms(D);
        {type, _, maybe_improper_list, [T, L]} -> improper(fun() -> At(T) end, fun() -> At(L) end, 0, D);
        {type, _, nonempty_maybe_improper_list, []} -> [any(D) | some_terms(D)];
        {type, _, nonempty_maybe_improper_list, [T, L]} -> improper(fun() -> At(T) end, fun() -> At(L) end, 1, D);
        {type, _, nonempty_improper_list, [T, L]} -> [At(T) | At(L)];
        {type, _, map, any} -> maps:from_list([{any(D), any(D)} || _ <- lists:seq(1, rand:uniform(3))]);
        {type, _, map, As} -> gen_map([{K, {M, KT, Env}, {M, VT, Env}} || {type, _, K, [KT, VT]} <- As], D);
        {type, _, record, [{atom, _, N} | Over]} ->
            list_to_tuple([N | [gen({M, T, Env}, D + 1) || T <- record_types(M, N, Over)]]);
        {type, _, 'fun', [{type, _, product, Args}, _]} -> some_fun(length(Args));
        {type, _, 'fun', _} -> some_fun(rand:uniform(4));
        {type, _, function, []} -> some_fun(rand:uniform(4));
        {type, _, binary, [{integer, _, B}, {integer, _, U}]} ->
            Bits = B + U * (rand:uniform(5) - 1),
            <<Bin:Bits/bitstring, _/bitstring>> = rand:bytes(Bits div 8 + 1),
            Bin;
        {type, _, binary, []} -> some_bytes(0);
        {type, _, nonempty_binary, []} -> some_bytes(1);
        {type, _, bitstring, []} -> <<(some_bytes(0))/binary, (rand:uniform(8)):(rand:uniform(8) - 1)>>;
        {type, _, nonempty_bitstring, []} -> <<(some_bytes(0))/binary, 1:(rand:uniform(8))>>;
        {type, _, range, [A, B]} -> value(A) + rand:uniform(value(B) - value(A) + 1) - 1;
        {type, _, integer, []} -> some_integer();
        {type, _, pos_integer, []} -> abs(some_integer()) + 1;
        {type, _, non_neg_integer, []} -> abs(some_integer());
        {type, _, neg_integer, []} -> -abs(some_integer()) - 1;
        {type, _, byte, []} -> rand:uniform(256) - 1;
        {type, _, char, []} -> some_char();
        {type, _, arity, []} -> rand:uniform(256) - 1;
        {type, _, float, []} -> some_float();
        {type, _, number, []} -> case rand:uniform(2) of 1 -> some_integer_for_number(); 2 -> some_float() end;
        {type, _, boolean, []} -> rand:uniform(2) =:= 1;
        {type, _, A, []} when A =:= atom; A =:= module; A =:= node -> some_atom();
        {type, _, T, []} when T =:= any; T =:= term; T =:= dynamic -> any(D);
        {type, _, N, []} when N =:= none; N =:= no_return -> throw(never);
        {type, _, pid, []} -> self();
        {type, _, port, []} -> hd(erlang:ports());
        {type, _, reference, []} -> make_ref();
        {type, _, identifier, []} -> element(rand:uniform(3), {self(), hd(erlang:ports()), make_ref()});
        {type, _, string, []} -> [some_char() || _ <- lists:seq(1, rand:uniform(5) - 1)];
        {type, _, nonempty_string, []} -> [some_char() || _ <- lists:seq(1, rand:uniform(5))];
        {type, _, iodata, []} -> case rand:uniform(3) of 1 -> some_bytes(0); _ -> some_iolist(0) end;
        {type, _, iolist, []} -> some_iolist(0);
        {type, _, mfa, []} -> {some_atom(), some_atom(), rand:uniform(256) - 1};
        {type, _, timeout, []} -> case rand:uniform(2) of 1 -> infinity; 2 -> rand:uniform(100000) end
    end.

%% A member of a union that has values.
gen_one([], _) -> throw(never);
gen_one([S | Rest], D) ->
    try gen(S, D + 1) catch throw:never -> gen_one(Rest, D) end.

gen_map(As, D) ->
    maps:from_list(lists:append([case {K, rand:uniform(2)} of
        {map_field_assoc, 1} -> [];
        _ -> [{gen(KT, D + 1), gen(VT, D + 1)}]
    end || {K, KT, VT} <- lists:reverse(singletons_first(As))])).

%% A key that is one value stands for itself, whatever other keys there are.
singletons_first(As) ->
    {Single, Others} = lists:partition(fun({_, KT, _}) ->
        {_, F, _} = resolve(KT),
        lists:member(element(1, F), [atom, integer, char, op])
    end, As),
    Single ++ Others.

gen_known({'Elixir.String', t}, _, _) -> some_text();
gen_known({_, chardata}, _, _) ->
    case rand:uniform(3) of
        1 -> some_text();
        2 -> [some_text(), [some_valid_char(), [some_text()]], some_valid_char()];
        3 -> [some_valid_char() | some_text()]
    end;
gen_known({'Elixir.Date', t}, _, _) -> maps:merge(#{'__struct__' => 'Elixir.Date'}, iso_date());
gen_known({'Elixir.Time', t}, _, _) -> maps:merge(#{'__struct__' => 'Elixir.Time'}, iso_time());
gen_known({'Elixir.NaiveDateTime', t}, _, _) ->
    maps:merge(#{'__struct__' => 'Elixir.NaiveDateTime'}, maps:merge(iso_date(), iso_time()));
gen_known({'Elixir.DateTime', t}, _, _) ->
    maps:merge(#{'__struct__' => 'Elixir.DateTime', time_zone => <<"Etc/UTC">>, zone_abbr => <<"UTC">>, utc_offset => 0, std_offset => 0},
        maps:merge(iso_date(), iso_time()));
gen_known({'Elixir.Version', t}, _, _) ->
    #{'__struct__' => 'Elixir.Version', major => rand:uniform(9), minor => rand:uniform(9), patch => 0, pre => [], build => nil};
gen_known({'Elixir.Range', t}, _, _) ->
    #{'__struct__' => 'Elixir.Range', first => rand:uniform(9), last => rand:uniform(99), step => 1};
gen_known({'Elixir.MapSet', t}, As, D) ->
    Element = case As of [E] -> E; [] -> {erlang, {type, 0, any, []}, #{}} end,
    #{'__struct__' => 'Elixir.MapSet', version => 2,
      map => maps:from_list([{gen(Element, D + 1), []} || _ <- lists:seq(1, rand:uniform(4) - 1)])}.

iso_date() -> #{calendar => 'Elixir.Calendar.ISO', year => 1900 + rand:uniform(200), month => rand:uniform(12), day => rand:uniform(28)}.
iso_time() -> #{calendar => 'Elixir.Calendar.ISO', hour => rand:uniform(24) - 1, minute => rand:uniform(60) - 1,
    second => rand:uniform(60) - 1, microsecond => {rand:uniform(1000) * 1000 - 1000, 3}}.

record_types(M, N, Over) ->
    Given = maps:from_list([{F, T} || {type, _, field_type, [{atom, _, F}, T]} <- Over]),
    [maps:get(F, Given, T) || {F, T} <- maps:get(N, records(M))].

many(Make, Least, D) -> [Make() || _ <- lists:seq(1, Least + rand:uniform(max(1, 4 - D div 2)) - 1)].

improper(Make, Tail, Least, D) ->
    case many(Make, Least, D) of
        [] -> [];
        List -> case rand:uniform(2) of 1 -> List; 2 -> lists:foldr(fun(E, T) -> [E | T] end, Tail(), List) end
    end.

any(D) ->
    case rand:uniform(case D > 6 of true -> 6; false -> 9 end) of
        1 -> rand:uniform(1000);
        2 -> some_atom();
        3 -> some_text();
        4 -> some_float();
        5 -> [];
        6 -> <<255, 254>>;
        7 -> list_to_tuple(some_terms(D));
        8 -> some_terms(D);
        9 -> #{some_atom() => any(D + 2)}
    end.

some_terms(D) -> [any(D + 2) || _ <- lists:seq(1, rand:uniform(4) - 1)].
some_atom() -> element(rand:uniform(9), {ok, error, true, false, nil, undefined, 'Elixir.MyApp', '', 'with space'}).
some_bytes(Least) -> rand:bytes(Least + rand:uniform(8) - 1).
some_char() -> element(rand:uniform(5), {rand:uniform(127), rand:uniform(255), 16#20ac, 16#1f600, 16#10ffff}).
some_valid_char() -> element(rand:uniform(3), {rand:uniform(127), 16#e9, 16#1f600}).
some_text() -> unicode:characters_to_binary([some_valid_char() || _ <- lists:seq(1, rand:uniform(6) - 1)]).
%% Never whole: JavaScript decodes 1.0 and 1 alike.
some_float() -> (rand:uniform(1000000) - 500000) + 0.5.
some_integer() ->
    case {rand:uniform(4), get(integers)} of
        {1, exact} -> rand:uniform(1 bsl 200) - (1 bsl 199);
        {2, _} -> rand:uniform(1 bsl 53) - (1 bsl 52);
        _ -> rand:uniform(1000) - 500
    end.
%% number() is one of JavaScript.
some_integer_for_number() -> rand:uniform(1 bsl 53) - (1 bsl 52).
some_fun(Arity) -> erlang:make_fun(some_module, some_function, Arity).
some_iolist(D) when D > 3 -> [];
some_iolist(D) ->
    List = [case rand:uniform(3) of 1 -> rand:uniform(256) - 1; 2 -> some_bytes(0); 3 -> some_iolist(D + 1) end || _ <- lists:seq(1, rand:uniform(4))],
    case rand:uniform(4) of 1 -> lists:foldr(fun(E, T) -> [E | T] end, some_bytes(0), List); _ -> List end.

shuffled(L) -> [X || {_, X} <- lists:sort([{rand:uniform(), X} || X <- L])].
value(F) -> {value, V, _} = erl_eval:expr(F, []), V.

%% Something like it that may be of another type.
mutate(V) when is_tuple(V), tuple_size(V) > 0 ->
    I = rand:uniform(tuple_size(V)),
    case rand:uniform(4) of
        1 -> erlang:delete_element(I, V);
        2 -> erlang:append_element(V, any(5));
        3 -> setelement(I, V, mutate(element(I, V)));
        4 -> setelement(I, V, any(5))
    end;
mutate([H | T]) ->
    case rand:uniform(4) of
        1 -> [mutate(H) | T];
        2 -> [any(5), H | T];
        3 -> [H | mutate(T)];
        4 -> T
    end;
mutate(V) when is_map(V), map_size(V) > 0 ->
    {K, E} = lists:nth(rand:uniform(map_size(V)), maps:to_list(V)),
    case rand:uniform(4) of
        1 -> maps:remove(K, V);
        2 -> V#{any(6) => any(5)};
        3 -> V#{K => mutate(E)};
        4 -> V#{K => any(5)}
    end;
mutate(V) when is_integer(V) -> element(rand:uniform(5), {V + 1, V - 1, -V, V + 256, any(5)});
mutate(V) when is_binary(V) -> element(rand:uniform(3), {<<V/binary, 255>>, <<V/binary, "a">>, any(5)});
mutate(V) when is_atom(V) -> some_atom();
mutate(_) -> any(5).

%% Whether a value is of a type.

is(S0, V) ->
    {M, F, Env} = resolve(S0),
    At = fun(T, X) -> is({M, T, Env}, X) end,
    case F of
        {known, _, Name, As} -> is_known(Name, As, V);
        {atom, _, A} -> V =:= A;
        {integer, _, _} -> V =:= value(F);
        {char, _, C} -> V =:= C;
        {op, _, _, _} -> V =:= value(F);
        {op, _, _, _, _} -> V =:= value(F);
        {type, _, union, Ts} -> lists:any(fun(T) -> At(T, V) end, Ts);
        {type, _, tuple, any} -> is_tuple(V);
        {type, _, tuple, Ts} -> is_tuple(V) andalso tuple_size(V) =:= length(Ts) andalso
            lists:all(fun({T, X}) -> At(T, X) end, lists:zip(Ts, tuple_to_list(V)));
        {type, _, list, []} -> is_proper(V);
        {type, _, nil, []} -> V =:= [];
        {type, _, list, [T]} -> is_proper(V) andalso lists:all(fun(X) -> At(T, X) end, V);
        {type, _, nonempty_list, [T]} -> is_proper(V) andalso V =/= [] andalso lists:all(fun(X) -> At(T, X) end, V);
        {type, _, nonempty_list, []} -> is_proper(V) andalso V =/= [];
        {type, _, maybe_improper_list, []} -> is_list(V);
        {type, _, nonempty_maybe_improper_list, []} -> is_list(V) andalso V =/= [];
        {type, _, maybe_improper_list, [T, L]} -> V =:= [] orelse is_improper(V, fun(X) -> At(T, X) end, fun(X) -> X =:= [] orelse At(L, X) end);
        {type, _, nonempty_maybe_improper_list, [T, L]} -> is_improper(V, fun(X) -> At(T, X) end, fun(X) -> X =:= [] orelse At(L, X) end);
        {type, _, nonempty_improper_list, [T, L]} -> is_improper(V, fun(X) -> At(T, X) end, fun(X) -> At(L, X) end);
        {type, _, map, any} -> is_map(V);
        {type, _, map, As} -> is_map(V) andalso is_of_map([{K, {M, KT, Env}, {M, VT, Env}} || {type, _, K, [KT, VT]} <- As], V);
        {type, _, record, [{atom, _, N} | Over]} ->
            Ts = record_types(M, N, Over),
            is_tuple(V) andalso tuple_size(V) =:= length(Ts) + 1 andalso element(1, V) =:= N andalso
                lists:all(fun({T, X}) -> At(T, X) end, lists:zip(Ts, tl(tuple_to_list(V))));
        {type, _, 'fun', [{type, _, product, Args}, _]} -> is_function(V, length(Args));
        {type, _, 'fun', _} -> is_function(V);
        {type, _, function, []} -> is_function(V);
        {type, _, binary, [{integer, _, B}, {integer, _, 0}]} -> is_bitstring(V) andalso bit_size(V) =:= B;
        {type, _, binary, [{integer, _, B}, {integer, _, U}]} -> is_bitstring(V) andalso bit_size(V) >= B andalso (bit_size(V) - B) rem U =:= 0;
        {type, _, binary, []} -> is_binary(V);
        {type, _, nonempty_binary, []} -> is_binary(V) andalso V =/= <<>>;
        {type, _, bitstring, []} -> is_bitstring(V);
        {type, _, nonempty_bitstring, []} -> is_bitstring(V) andalso V =/= <<>>;
        {type, _, range, [A, B]} -> is_integer(V) andalso V >= value(A) andalso V =< value(B);
        {type, _, integer, []} -> is_whole(V);
        {type, _, pos_integer, []} -> is_whole(V) andalso V > 0;
        {type, _, non_neg_integer, []} -> is_whole(V) andalso V >= 0;
        {type, _, neg_integer, []} -> is_whole(V) andalso V < 0;
        {type, _, byte, []} -> is_integer(V) andalso V >= 0 andalso V < 256;
        {type, _, char, []} -> is_integer(V) andalso V >= 0 andalso V =< 16#10ffff;
        {type, _, arity, []} -> is_integer(V) andalso V >= 0 andalso V < 256;
        %% A whole number that JavaScript holds may have been a float.
        {type, _, float, []} -> is_float(V) orelse is_safe(V);
        {type, _, number, []} -> is_float(V) orelse is_safe(V);
        {type, _, boolean, []} -> is_boolean(V);
        {type, _, A, []} when A =:= atom; A =:= module; A =:= node -> is_atom(V);
        {type, _, T, []} when T =:= any; T =:= term; T =:= dynamic -> true;
        {type, _, N, []} when N =:= none; N =:= no_return -> false;
        {type, _, pid, []} -> is_pid(V);
        {type, _, port, []} -> is_port(V);
        {type, _, reference, []} -> is_reference(V);
        {type, _, identifier, []} -> is_pid(V) orelse is_port(V) orelse is_reference(V);
        {type, _, string, []} -> is_string(V);
        {type, _, nonempty_string, []} -> is_string(V) andalso V =/= [];
        {type, _, iodata, []} -> is_binary(V) orelse is_iolist(V);
        {type, _, iolist, []} -> is_iolist(V);
        {type, _, mfa, []} -> case V of {A, B, C} -> is_atom(A) andalso is_atom(B) andalso is_integer(C) andalso C >= 0 andalso C < 256; _ -> false end;
        {type, _, timeout, []} -> V =:= infinity orelse (is_safe(V) andalso V >= 0)
    end.

is_safe(V) -> is_integer(V) andalso abs(V) < (1 bsl 53).
is_whole(V) -> is_integer(V) andalso (get(integers) =:= exact orelse is_safe(V)).
is_proper([_ | T]) -> is_proper(T);
is_proper(V) -> V =:= [].
is_string(V) -> is_proper(V) andalso lists:all(fun(C) -> is_integer(C) andalso C >= 0 andalso C =< 16#10ffff end, V).
is_iolist(V) when is_list(V) -> try iolist_size(V), true catch error:badarg -> false end;
is_iolist(_) -> false.
%% The tail may be a list too.
is_improper([H | T], Element, Tail) -> Element(H) andalso (Tail(T) orelse is_improper(T, Element, Tail));
is_improper(_, _, _) -> false.

is_of_map(As0, V) ->
    As = numbered(singletons_first(As0)),
    Fit = [case [{I, VT} || {I, {_, KT, VT}} <- As, is(KT, K)] of
        [] -> no;
        [{I, VT} | _] -> case is(VT, X) of true -> I; false -> no end
    end || {K, X} <- maps:to_list(V)],
    not lists:member(no, Fit) andalso lists:all(fun({I, {K, _, _}}) -> K =:= map_field_assoc orelse lists:member(I, Fit) end, As).

is_known({'Elixir.String', t}, _, V) -> is_text(V);
is_known({_, chardata}, _, V) ->
    is_text(V) orelse (is_list(V) andalso is_chardata(V));
is_known({'Elixir.MapSet', t}, As, V) ->
    case V of
        #{'__struct__' := 'Elixir.MapSet', map := Map} when is_map(Map), map_size(V) =:= 3 ->
            lists:all(fun({K, X}) -> X =:= [] andalso (As =:= [] orelse is(hd(As), K)) end, maps:to_list(Map));
        _ -> false
    end;
%% Whether a struct is as its module makes it is not for this program to say.
is_known(Name, _, V) ->
    case V of
        #{'__struct__' := Module} when Module =:= element(1, Name) -> throw(unsure);
        _ -> false
    end.

is_text(V) -> is_binary(V) andalso unicode:characters_to_binary(V) =:= V.
is_chardata([]) -> true;
is_chardata([H | T]) ->
    ((is_integer(H) andalso H >= 0 andalso H =< 16#10ffff) orelse is_text(H) orelse (is_list(H) andalso is_chardata(H)))
        andalso (is_text(T) orelse (is_list(T) andalso is_chardata(T)));
is_chardata(_) -> false.
