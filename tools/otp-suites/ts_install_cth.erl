%% OTP's suites name a hook of this name, which compiles what they need. Here that is done before they start.
-module(ts_install_cth).
-export([id/1, init/2]).

id(_Options) -> ?MODULE.

init(_Id, _Options) -> {ok, []}.
