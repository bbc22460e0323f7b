%% Runs test modules as EUnit does, one line for each test: Debian's other releases come without EUnit. What it knows of EUnit:
%% `*_test/0`, and `*_test_/0` that gives a list of {Title, Fun}.
-module(dynsrv_run_tests).
-export([run/1]).

run(Modules) ->
    lists:foreach(fun module/1, Modules),
    halt(0).

module(Module) ->
    [run(Module, Name) || {Name, 0} <- Module:module_info(exports)].

run(Module, Name) ->
    case lists:reverse(atom_to_list(Name)) of
        "_tset_" ++ _ -> [test(Module, Title, Fun) || {Title, Fun} <- Module:Name()];
        "tset_" ++ _ -> test(Module, atom_to_list(Name), fun() -> Module:Name() end);
        _ -> ok
    end.

%% Each in a process of its own, which takes what it started with it.
test(Module, Title, Fun) ->
    {Pid, Ref} = spawn_monitor(fun() ->
                                       try Fun() of
                                           _ -> exit(passed)
                                       catch
                                           Class:Reason:Stack -> exit({failed, {Class, Reason, Stack}})
                                       end
                               end),
    Outcome = receive
                  {'DOWN', Ref, process, Pid, passed} -> "passed";
                  {'DOWN', Ref, process, Pid, Reason} -> io_lib:format("~0tp", [Reason])
              after 60000 ->
                      exit(Pid, kill),
                      "it did not end within a minute"
              end,
    Line = unicode:characters_to_binary([atom_to_list(Module), "\t", Title, "\t", Outcome]),
    io:format("~n#test ~s~n", [base64:encode(Line)]).
