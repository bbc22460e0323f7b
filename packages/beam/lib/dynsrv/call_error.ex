defmodule Dynsrv.CallError do
  @moduledoc """
  No member gave an answer. `reason`:

    * `:no_member` - no connected node has joined the group
    * `:not_exposed` - no member has this function with so many arguments
    * `:timeout` - no answer in time; the function may still be running
    * `:noconnection` - the link went down during the call; the function may have run
    * `:system_limit` - the members run no more calls at once
  """
  defexception [:reason, :message, :group, :function]

  @type t :: %__MODULE__{reason: atom, message: String.t(), group: atom, function: atom}
end
