%% Times term_to_binary/1 and binary_to_term/1 on the terms of a file.
%% A line "encode small_tuple" is answered by the nanoseconds of one round's call, a round being about 4 ms.
-module(etf_bench).
-export([main/1]).

main([File]) ->
    {ok, Bytes} = file:read_file(File),
    Jobs = maps:from_list(lists:append([jobs(Name, Term) || {Name, Term} <- binary_to_term(Bytes)])),
    io:format("ready~n"),
    serve(Jobs).

jobs(Name, Term) ->
    Bytes = term_to_binary(Term),
    [{"encode " ++ atom_to_list(Name), job(fun() -> term_to_binary(Term) end)},
     {"decode " ++ atom_to_list(Name), job(fun() -> binary_to_term(Bytes) end)}].

job(Fun) ->
    Once = max(1, element(1, timer:tc(fun() -> repeat(Fun, 2000) end))) / 2000,
    {Fun, max(10, round(4000 / Once))}.

serve(Jobs) ->
    case io:get_line("") of
        eof ->
            halt(0);
        Line ->
            {Fun, Times} = maps:get(string:trim(Line), Jobs),
            {Micros, ok} = timer:tc(fun() -> repeat(Fun, Times) end),
            io:format("~p~n", [Micros * 1000 / Times]),
            serve(Jobs)
    end.

repeat(_, 0) -> ok;
repeat(Fun, N) -> Fun(), repeat(Fun, N - 1).
