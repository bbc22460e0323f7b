%% dynsrv_words: what happened, in words. The same words as those of the Node.js half, where it has them.
-module(dynsrv_words).

-export([event/1, level/1, lookup/1, down/1, dial/1, counted/2]).

%% @doc One sentence for an event of dynsrv_cluster.
event(#{type := polled, failures := Failures} = Event) when Failures > 0 ->
    format("DNS answers again, after ~ts: ~ts", [counted(Failures, "failure"), event(Event#{failures := 0})]);
event(#{type := polled, nodes := Nodes, expected := Expected, connected := Connected}) ->
    format("DNS names ~ts; ~b of ~b members are connected", [counted(length(Nodes), "node"), Connected, Expected]);
event(#{type := discovery_failed, reason := Reason, failures := Failures}) ->
    format("no answer from DNS (~b in a row): ~ts. All members stay", [Failures, lookup(Reason)]);
event(#{type := joined, node := Node}) ->
    format("~ts is connected", [Node]);
event(#{type := connect_failed, node := Node, reason := Reason, attempts := Attempts, retry_ms := Ms}) ->
    format("~ts is not connected: ~ts. Attempt ~b, again in ~ts s", [Node, dial(Reason), Attempts, seconds(Ms)]);
event(#{type := lost, node := Node, reason := Reason}) ->
    format("the link to ~ts went down: ~ts", [Node, down(Reason)]);
event(#{type := left, node := Node, missing_ms := Ms, connected := true}) ->
    format("~ts left: DNS has not listed it for ~ts s. Its link is taken down", [Node, seconds(Ms)]);
event(#{type := left, node := Node, missing_ms := Ms}) ->
    format("~ts left: DNS has not listed it for ~ts s", [Node, seconds(Ms)]);
event(#{type := held, nodes := Held}) ->
    List = [[Node, " (", hold(Reason), ")"] || {Node, Reason} <- lists:sort(maps:to_list(Held))],
    format("missing in the answer, and kept: ~ts", [lists:join(", ", List)]);
event(#{type := ignored, target := Target, reason := Reason}) ->
    format("not a member: ~ts: ~ts", [Target, Reason]);
event(#{type := deregistered}) ->
    "our own record is gone: nobody is dialled until it is back";
event(#{type := disconnect_failed, node := Node}) ->
    format("the link to ~ts could not be taken down; it is tried again", [Node]);
event(#{type := not_distributed}) ->
    "this node has no name, so it can connect to nobody: start it with --name, or set RELEASE_DISTRIBUTION=name and RELEASE_NODE".

%% @doc The level at which an event is logged; `none` for what has been said often enough: of failures in a row the first is, and then
%% ever fewer.
level(#{type := polled, failures := Failures}) when Failures > 0 -> notice;
level(#{type := polled}) -> debug;
level(#{type := discovery_failed, failures := Failures}) -> in_a_row(Failures);
level(#{type := connect_failed, attempts := Attempts}) -> in_a_row(Attempts);
level(#{type := lost}) -> warning;
level(#{type := ignored}) -> warning;
level(#{type := deregistered}) -> warning;
level(#{type := disconnect_failed}) -> warning;
level(#{type := not_distributed}) -> warning;
level(_) -> info.

in_a_row(1) -> warning;
in_a_row(Count) when Count band (Count - 1) =:= 0 -> info;
in_a_row(_) -> none.

hold(empty) -> "the answer is empty";
hold(policy) -> "by the leave policy";
hold(rotating) -> "answers show only part of the members in turn";
hold(share) -> "not so many may leave at once";
hold(stale) -> "the answer is an older one";
hold(trimmed) -> "the answer may have been cut";
hold(unconfirmed) -> "asking again gave no answer";
hold(unmapped) -> "no record of the answer names a node".

%% @doc Why DNS gave no answer.
lookup({lookup_failed, Name, Reason}) -> format("~ts: ~ts", [Name, dns(Reason)]);
lookup({bad_dynsrv_dns, Text}) -> format("DYNSRV_DNS names no DNS server that can be found: ~ts", [Text]);
lookup({no_usable_record, Name, [{Target, Why} | _]}) -> format("no record of ~ts can be used: ~ts: ~ts", [Name, Target, Why]);
lookup({resolver_gave, Term}) -> format("the resolver gave ~0tP, not a list of records", [Term, 10]);
lookup(timeout) -> "no answer in time";
lookup(Reason) -> format("~0tP", [Reason, 20]).

dns(timeout) -> "no answer in time";
dns(servfail) -> "the server could not answer (SERVFAIL)";
dns(refused) -> "the server refuses to answer (REFUSED)";
dns(formerr) -> "an answer that is no DNS message";
dns(qfmterror) -> "the server did not understand the question (FORMERR)";
dns(econnrefused) -> "no DNS server listens there";
dns(notimp) -> "the server does not know the question (NOTIMP)";
dns(Reason) -> format("~0tP", [Reason, 20]).

%% @doc Why a link went down, from what net_kernel says.
down(connection_setup_failed) -> "it could not be set up";
down(no_network) -> "there is no network";
down(net_kernel_terminated) -> "distribution was stopped on this node";
down(shutdown) -> "it was shut down";
down(connection_closed) -> "the peer closed it, or ended";
down(disconnect) -> "somebody on this node disconnected it";
down(net_tick_timeout) -> "the peer has been silent for the whole tick time";
down(send_net_tick_failed) -> "nothing could be sent to the peer";
down(get_status_failed) -> "the state of its socket could not be read";
down(undefined) -> "the reason is not known";
down(Reason) -> format("~0tP", [Reason, 20]).

%% @doc Why a dial failed.
dial({refused, Where}) -> format("nothing listens at ~ts", [Where]);
dial({silent, Where}) -> format("~ts does not answer: a firewall, or another network", [Where]);
dial({handshake, Where}) -> format("~ts accepts connections, and the handshake failed: compare the cookies and the names", [Where]);
dial({unreachable, Where, Reason}) -> format("~ts cannot be reached: ~ts", [Where, inet:format_error(Reason)]);
dial({unresolved, Host}) -> format("OTP 23 to 24.1 dials only hosts that it can resolve itself: give ~ts an address", [Host]);
dial(no_place) -> "its address is not known: no record names it, or DNS does not answer";
dial(not_distributed) -> "this node has no name";
dial(timeout) -> "the dial took too long";
dial(no_link) -> "the dial succeeded, and the link is not there";
dial(too_many_names) -> "too many new names: no more are taken from DNS in this process";
dial(Reason) -> format("~0tP", [Reason, 20]).

%% @doc `1 node`, `2 nodes`.
counted(1, Noun) -> ["1 ", Noun];
counted(Number, Noun) -> [integer_to_list(Number), " ", Noun, "s"].

seconds(Ms) ->
    float_to_list(Ms / 1000, [{decimals, 1}]).

format(Format, Arguments) ->
    lists:flatten(io_lib:format(Format, Arguments)).
