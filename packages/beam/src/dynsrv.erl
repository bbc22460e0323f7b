%% dynsrv: calls functions that services expose, wherever they run.
%%
%%     dynsrv:call(prices, quote, [<<"apple">>])
%%
%% The members of the process group `prices`, in the scope `dynsrv`, are where `prices:quote/1` can be called: a Node.js service
%% joins it with `expose('prices', { quote }, { group: true })`. Of two members drawn at random the one is asked to which fewer
%% calls of this node are under way.
-module(dynsrv).

-export([call/3, call/4, try_call/4, members/1, members/2]).

-define(TIMEOUT, 5000).
-define(SCOPE, dynsrv).

%% timeout: milliseconds for all of it, default 5000. deadline: the same as a point of erlang:monotonic_time(millisecond), such
%% as that of the request which this call is a part of; the earlier of both counts. scope: of pg, default dynsrv. retry: whether
%% the function may run twice: then a call whose link went down is made again elsewhere; default false.
-type options() :: #{timeout => pos_integer(), deadline => integer(), scope => atom(), retry => boolean()}.
%% Why no member gave an answer.
-type reason() :: no_member | not_exposed | timeout | noconnection | system_limit.
-type js_error() :: #{name := binary(), message := binary(), code := undefined | binary() | number(), stack := binary()}.
-export_type([options/0, reason/0, js_error/0]).

call(Group, Function, Arguments) ->
    call(Group, Function, Arguments, #{}).

%% @doc Calls a function of a group and gives its value. An error of JavaScript is `error:{js_error, #{name, message, code,
%% stack}}`; when no member could be asked, or none answered, it is `error:{dynsrv, Reason, Text}`. What the function throws or
%% exits with in words of Erlang is thrown here as well.
-spec call(atom(), atom(), [term()], options() | [tuple()]) -> term().
call(Group, Function, Arguments, Options) ->
    case try_call(Group, Function, Arguments, Options) of
        {ok, Value} -> Value;
        {js_error, Error, Frames} -> erlang:raise(error, {js_error, Error}, Frames);
        {raised, Class, Reason, Frames} -> erlang:raise(Class, Reason, Frames);
        {error, Reason, Text} -> error({dynsrv, Reason, Text})
    end.

%% @doc The same as a value.
-spec try_call(atom(), atom(), [term()], options() | [tuple()]) ->
          {ok, term()} | {js_error, js_error(), list()} | {raised, error | exit | throw, term(), list()}
              | {error, reason(), binary()}.
try_call(Group, Function, Arguments, Given) when is_atom(Group), is_atom(Function), is_list(Arguments) ->
    Options = options(Given),
    Now = now_ms(),
    Deadline = min(Now + maps:get(timeout, Options, ?TIMEOUT), maps:get(deadline, Options, infinity)),
    Scope = maps:get(scope, Options, ?SCOPE),
    attempt(members(Group, Scope), {no_member, undefined}, {Group, Function, Arguments},
            #{deadline => Deadline, scope => Scope, retry => maps:get(retry, Options, false)}).

%% @doc The nodes where a group's functions can be called.
members(Group) ->
    members(Group, ?SCOPE).

members(Group, Scope) ->
    Pids = try pg:get_members(Scope, Group)
           catch
               %% The scope does not run here.
               error:badarg -> []
           end,
    Connected = [node() | nodes(connected)],
    [Node || Node <- lists:usort([node(Pid) || Pid <- Pids]), lists:member(Node, Connected)].

attempt([], {Reason, Node}, Call, #{scope := Scope}) ->
    {error, Reason, words(Reason, Node, Call, Scope)};
attempt(Nodes, _, {Group, Function, Arguments} = Call, #{deadline := Deadline, scope := Scope, retry := Retry} = Options) ->
    Node = pick(Nodes),
    case Deadline - now_ms() of
        Left when Left =< 0 ->
            {error, timeout, words(timeout, Node, Call, Scope)};
        Left ->
            case ask(Node, Group, Function, Arguments, Left) of
                %% It did not run there.
                {elsewhere, Reason} -> attempt(lists:delete(Node, Nodes), {Reason, Node}, Call, Options);
                {perhaps, Reason} when Retry -> attempt(lists:delete(Node, Nodes), {Reason, Node}, Call, Options);
                {perhaps, Reason} -> {error, Reason, words(Reason, Node, Call, Scope)};
                Outcome -> Outcome
            end
    end.

ask(Node, Group, Function, Arguments, Timeout) ->
    Counted = dynsrv_calls:start(Node),
    try {ok, erpc:call(Node, Group, Function, Arguments, Timeout)}
    catch
        error:{exception, #{'__struct__' := 'Elixir.RuntimeError', name := Name, message := Message} = Error, Frames} ->
            JsError = #{name => Name, message => Message, code => maps:get(code, Error, undefined), stack => stack(Frames)},
            {js_error, JsError, Frames};
        error:{exception, undef, [{Group, Function, At, _} | _]} when At =:= length(Arguments); is_list(At) ->
            {elsewhere, not_exposed};
        error:{exception, Reason, Frames} -> {raised, error, Reason, Frames};
        exit:{exception, Reason} -> {raised, exit, Reason, []};
        error:{erpc, system_limit} -> {elsewhere, system_limit};
        error:{erpc, timeout} -> {perhaps, timeout};
        error:{erpc, Reason} -> {perhaps, Reason};
        throw:Reason -> {raised, throw, Reason, []};
        exit:Reason -> {raised, exit, Reason, []}
    after
        dynsrv_calls:stop(Counted)
    end.

%% Least busy of two drawn at random: nearly as good as the least busy of all, and no member gets everything at once.
pick([Node]) ->
    Node;
pick(Nodes) ->
    One = lists:nth(rand:uniform(length(Nodes)), Nodes),
    Rest = lists:delete(One, Nodes),
    Other = lists:nth(rand:uniform(length(Rest)), Rest),
    case dynsrv_calls:outstanding(One) =< dynsrv_calls:outstanding(Other) of
        true -> One;
        false -> Other
    end.

%% The frames of JavaScript, as JavaScript writes them.
stack(Frames) ->
    Lines = [io_lib:format("    at ~ts (~ts:~b)~n", [Name, proplists:get_value(file, Where, "?"), proplists:get_value(line, Where, 0)])
             || {js, Name, _, Where} <- Frames],
    unicode:characters_to_binary(Lines).

words(Reason, Node, {Group, Function, Arguments}, Scope) ->
    Called = io_lib:format("~ts.~ts/~b", [Group, Function, length(Arguments)]),
    unicode:characters_to_binary(words(Reason, Node, Called, Group, Scope)).

words(no_member, _, Called, Group, Scope) ->
    io_lib:format("~ts was not called: no connected node has joined the group ~ts in the scope ~ts. Expose it with { group: true }, "
                  "and look whether its node is in Node.list(:connected)", [Called, Group, Scope]);
words(not_exposed, Node, Called, _, _) ->
    io_lib:format("no member has ~ts: ~ts exposes no such function with so many arguments", [Called, Node]);
words(timeout, Node, Called, _, _) ->
    io_lib:format("~ts gave no answer in time; it was called on ~ts, and may still be running there", [Called, Node]);
words(noconnection, Node, Called, _, _) ->
    io_lib:format("the link to ~ts went down during ~ts, which may have run", [Node, Called]);
words(system_limit, Node, Called, _, _) ->
    io_lib:format("~ts runs no more calls at once, so ~ts was not called", [Node, Called]);
words(Reason, Node, Called, _, _) ->
    io_lib:format("~ts on ~ts: ~0tP", [Called, Node, Reason, 10]).

options(Given) when is_map(Given) -> options(maps:to_list(Given));
options(Given) ->
    lists:foreach(fun({timeout, Ms}) when is_integer(Ms), Ms > 0 -> ok;
                     ({deadline, At}) when is_integer(At) -> ok;
                     ({scope, Scope}) when is_atom(Scope) -> ok;
                     ({retry, Retry}) when is_boolean(Retry) -> ok;
                     (Other) -> error({bad_option, Other})
                  end, Given),
    maps:from_list(Given).

now_ms() -> erlang:monotonic_time(millisecond).
