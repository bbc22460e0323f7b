%% Times term_to_binary/1 and binary_to_term/1 on the terms of a file; prints a line for each.
-module(etf_bench).
-export([main/1]).

main([File]) ->
    {ok, Bytes} = file:read_file(File),
    [io:format("~s ~p ~p~n", [Name, time_of(fun() -> term_to_binary(Term) end), time_of(decoder(Term))])
     || {Name, Term} <- binary_to_term(Bytes)],
    halt(0).

decoder(Term) ->
    Bytes = term_to_binary(Term),
    fun() -> binary_to_term(Bytes) end.

%% Nanoseconds per call, the fastest of 41 rounds of about 4 ms each.
time_of(Fun) ->
    Once = max(1, element(1, timer:tc(fun() -> repeat(Fun, 200) end)) div 200),
    Times = max(20, 4000 div Once),
    Rounds = [element(1, timer:tc(fun() -> repeat(Fun, Times) end)) * 1000 / Times || _ <- lists:seq(1, 41)],
    lists:min(Rounds).

repeat(_, 0) -> ok;
repeat(Fun, N) -> Fun(), repeat(Fun, N - 1).
