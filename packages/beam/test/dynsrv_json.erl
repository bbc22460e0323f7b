%% Reads JSON for the tests: releases before OTP 27 have no reader, and the application needs none. Objects are maps, texts
%% binaries.
-module(dynsrv_json).
-export([file/1]).

file(Path) ->
    {ok, Text} = file:read_file(Path),
    {Value, Rest} = value(skip(Text)),
    <<>> = skip(Rest),
    Value.

value(<<"{", Rest/binary>>) -> object(skip(Rest), #{});
value(<<"[", Rest/binary>>) -> list(skip(Rest), []);
value(<<"\"", Rest/binary>>) -> text(Rest, <<>>);
value(<<"true", Rest/binary>>) -> {true, Rest};
value(<<"false", Rest/binary>>) -> {false, Rest};
value(<<"null", Rest/binary>>) -> {null, Rest};
value(Text) -> number(Text, "").

object(<<"}", Rest/binary>>, Map) ->
    {Map, Rest};
object(<<"\"", Rest/binary>>, Map) ->
    {Key, AfterKey} = text(Rest, <<>>),
    <<":", Colon/binary>> = skip(AfterKey),
    {Value, AfterValue} = value(skip(Colon)),
    object(comma(skip(AfterValue)), Map#{Key => Value}).

list(<<"]", Rest/binary>>, Values) ->
    {lists:reverse(Values), Rest};
list(Text, Values) ->
    {Value, Rest} = value(Text),
    list(comma(skip(Rest)), [Value | Values]).

text(<<"\"", Rest/binary>>, Text) -> {Text, Rest};
text(<<"\\", C, Rest/binary>>, Text) when C =:= $"; C =:= $\\; C =:= $/ -> text(Rest, <<Text/binary, C>>);
text(<<C/utf8, Rest/binary>>, Text) when C =/= $\\ -> text(Rest, <<Text/binary, C/utf8>>).

number(<<C, Rest/binary>>, Digits) when C >= $0, C =< $9; C =:= $-; C =:= $. ->
    number(Rest, [C | Digits]);
number(Rest, [_ | _] = Digits) ->
    Text = lists:reverse(Digits),
    case lists:member($., Text) of
        true -> {list_to_float(Text), Rest};
        false -> {list_to_integer(Text), Rest}
    end.

comma(<<",", Rest/binary>>) -> skip(Rest);
comma(Rest) -> Rest.

skip(<<C, Rest/binary>>) when C =:= $\s; C =:= $\n; C =:= $\r; C =:= $\t -> skip(Rest);
skip(Text) -> Text.
