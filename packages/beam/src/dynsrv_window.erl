%% dynsrv_window: the last answers beside each other. Two of which each has members that the other lacks are parts of one truth:
%% all that they show is given together, as an answer that was cut. Neighbours that only gain or only lose members show joins and
%% leaves. Pure.
-module(dynsrv_window).
-export([new/0, take/2]).

%% How many answers in a row have to agree before members may be missed again.
-define(WINDOW, 4).

new() -> [].

%% @doc Takes an answer in, and gives what it says in the light of those before it.
take(#{nodes := Nodes} = Answer, Before) ->
    Window = [Answer | lists:sublist(Before, ?WINDOW - 1)],
    Sets = [lists:sort([string:lowercase(Node) || Node <- maps:keys(Each)]) || #{nodes := Each} <- Window],
    case contradict(Sets) of
        true ->
            %% What the newest says of a member counts.
            All = lists:foldl(fun(#{nodes := Older}, Known) -> maps:merge(Older, Known) end, Nodes, tl(Window)),
            {maps:without([empty, absent], Answer#{nodes := All, trimmed => true}), Window};
        false ->
            {Answer, Window}
    end.

contradict([]) -> false;
contradict([One | More]) ->
    lists:any(fun(Other) -> (One -- Other) =/= [] andalso (Other -- One) =/= [] end, More) orelse contradict(More).
