%% Answers the tests over the descriptors 3 and 4 (BEAM keeps 0 and 1 to itself), each message with its length in front.
-module(beam_peer).
-export([main/0]).

main() ->
    Port = open_port({fd, 3, 4}, [binary, {packet, 4}, eof]),
    loop(Port).

loop(Port) ->
    receive
        {Port, {data, <<Operation, Body/binary>>}} ->
            port_command(Port, answer(Operation, Body)),
            loop(Port);
        {Port, eof} -> halt(0)
    end.

%% decode and encode again, as BEAM does it
answer($e, Bytes) -> term_to_binary(binary_to_term(Bytes), [{minor_version, 2}]);
%% the same with the keys of maps in order, since OTP 24.1
answer($d, Bytes) -> term_to_binary(binary_to_term(Bytes), [deterministic, {minor_version, 2}]);
%% are the two encodings the same term?
answer($=, <<Size:32, A:Size/binary, B/binary>>) ->
    try binary_to_term(A) =:= binary_to_term(B) of true -> <<"true">>; false -> <<"false">>
    catch error:badarg -> <<"badarg">> end;
%% is it a term at all, and how many bytes of it?
answer($v, Bytes) ->
    try binary_to_term(Bytes, [used]) of {_, Used} -> integer_to_binary(Used)
    catch error:badarg -> <<"badarg">> end;
%% its text
answer($p, Bytes) -> unicode:characters_to_binary(io_lib:format("~0tp", [binary_to_term(Bytes)]));
%% a list of random terms
answer($g, <<Seed:32, Count:32>>) ->
    rand:seed(exsss, Seed),
    Terms = [random_term(4) || _ <- lists:seq(1, Count)],
    Options = lists:nth(rand:uniform(4), [[], [compressed], [{minor_version, 2}], [{minor_version, 0}]]),
    term_to_binary([term_to_binary(T, Options) || T <- Terms]).

random_term(0) -> random_leaf(rand:uniform(14));
random_term(Depth) ->
    case rand:uniform(8) of
        1 -> list_to_tuple(random_terms(Depth));
        2 -> random_terms(Depth);
        3 -> [random_leaf(rand:uniform(14)) | random_leaf(rand:uniform(11))];
        4 -> maps:from_list([{random_term(Depth - 1), random_term(Depth - 1)} || _ <- lists:seq(1, rand:uniform(6))]);
        5 -> list_to_tuple(lists:seq(1, rand:uniform(300)));
        _ -> random_leaf(rand:uniform(14))
    end.

random_terms(Depth) -> [random_term(Depth - 1) || _ <- lists:seq(1, rand:uniform(5) - 1)].

random_leaf(1) -> rand:uniform(256) - 1;
random_leaf(2) -> rand:uniform(1 bsl 32) - (1 bsl 31);
random_leaf(3) -> (rand:uniform(1 bsl (rand:uniform(2100))) - 1) * (2 * rand:uniform(2) - 3);
random_leaf(4) -> (rand:uniform() - 0.5) * math:pow(10, rand:uniform(600) - 300);
random_leaf(5) -> float(rand:uniform(1000) - 500);
random_leaf(6) -> list_to_atom([$a + rand:uniform(26) - 1 || _ <- lists:seq(1, rand:uniform(2))]);
random_leaf(7) -> lists:nth(rand:uniform(7), [true, false, nil, undefined, '', 'é', '日本']);
random_leaf(8) -> random_bytes(rand:uniform(40) - 1);
random_leaf(9) -> unicode:characters_to_binary([rand:uniform(16#D7FF) || _ <- lists:seq(1, rand:uniform(30))]);
random_leaf(10) -> <<(rand:uniform(1 bsl 30)):(rand:uniform(29) + 1)>>;
random_leaf(11) -> lists:nth(rand:uniform(4), [make_ref(), self(), fun lists:map/2, fun answer/2]);
random_leaf(12) -> [rand:uniform(256) - 1 || _ <- lists:seq(1, rand:uniform(20))];
random_leaf(13) -> [];
random_leaf(14) -> binary_to_term(<<131, 88, 119, 5, "x@y.z", (random_pid(erlang:system_info(otp_release)))/binary>>).

%% the numbers of a pid and its node's creation, as large as this release takes them
random_pid("23") -> <<(rand:uniform(1 bsl 15) - 1):32, (rand:uniform(1 bsl 13) - 1):32, (random_bytes(4))/binary>>;
random_pid(_) -> random_bytes(12).

%% rand:bytes/1 came with OTP 24
random_bytes(Count) -> << <<(rand:uniform(256) - 1)>> || _ <- lists:seq(1, Count) >>.
