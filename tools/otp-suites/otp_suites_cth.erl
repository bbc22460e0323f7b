%% A hook of common_test: writes how each case ended to the file OTP_SUITE_RESULTS, one line a case, and leaves out the
%% cases that OTP_SUITE_REST lists.
-module(otp_suites_cth).
-export([id/1, init/2, pre_init_per_testcase/4, post_end_per_testcase/5, on_tc_skip/4, terminate/1]).

id(_Options) -> ?MODULE.

init(_Id, _Options) ->
    {ok, File} = file:open(os:getenv("OTP_SUITE_RESULTS"), [append, {encoding, utf8}]),
    {ok, {File, string:lexemes(os:getenv("OTP_SUITE_REST", ""), " ")}}.

pre_init_per_testcase(_Suite, Case, Config, {_, Rest} = State) ->
    case lists:member(atom_to_list(Case), Rest) of
        true -> {{skip, rest}, State};
        false -> {Config, State}
    end.

post_end_per_testcase(_Suite, Case, Config, Return, State) ->
    write(State, name(Case, Config), outcome(Return), Return),
    {Return, State}.

on_tc_skip(_Suite, {end_per_group, _}, _Reason, State) -> State;
on_tc_skip(_Suite, {Case, Group}, Reason, State) ->
    write(State, io_lib:format("~s/~s", [Group, Case]), skipped, Reason),
    State;
on_tc_skip(_Suite, Case, Reason, State) ->
    write(State, atom_to_list(Case), skipped, Reason),
    State.

terminate({File, _}) ->
    file:close(File).

name(Case, Config) ->
    case proplists:get_value(name, proplists:get_value(tc_group_properties, Config, [])) of
        undefined -> atom_to_list(Case);
        Group -> io_lib:format("~s/~s", [Group, Case])
    end.

outcome({error, _}) -> failed;
outcome({'EXIT', _}) -> failed;
outcome({failed, _}) -> failed;
outcome({timetrap_timeout, _}) -> failed;
outcome({skip, _}) -> skipped;
outcome(_) -> passed.

write({File, _}, Name, Outcome, Reason) ->
    io:format(File, "~ts\t~s\t~0tP~n", [Name, Outcome, Reason, 40]).
