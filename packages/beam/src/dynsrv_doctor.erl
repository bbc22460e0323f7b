-module(dynsrv_doctor).
-export([print/1]).
print(_) -> ok.
