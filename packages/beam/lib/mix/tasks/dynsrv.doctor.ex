defmodule Mix.Tasks.Dynsrv.Doctor do
  @shortdoc "Says what keeps the nodes of a cluster apart, as far as it can be seen from here"

  @moduledoc """
  Prints the name, where the cookie comes from (never the cookie), the port, the creation, what DNS says of the service, who is
  connected, and who is hidden. Codes are those of `dynsrv doctor`.

      mix dynsrv.doctor --service my-service.internal

  It looks at the node in which it runs: `iex --name web-1@my-service.internal -S mix dynsrv.doctor`. In a release, where there is
  no Mix: `bin/my_app rpc "Dynsrv.doctor()"`. It downloads nothing; when the npm package `dynsrv` is installed here, it says so.

  Ends with an error when something keeps nodes apart.
  """
  use Mix.Task

  @impl true
  def run(arguments) do
    {options, _} = OptionParser.parse!(arguments, strict: [service: :string])
    service = options[:service] || System.get_env("DYNSRV_SERVICE")
    given = if service, do: [service: service], else: []
    if :dynsrv_doctor.print(given) == :error, do: exit({:shutdown, 1})
  end
end
