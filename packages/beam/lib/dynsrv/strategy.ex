defmodule Dynsrv.Strategy do
  @moduledoc """
  The membership of `Dynsrv.Cluster` as a strategy of libcluster, with the options of `Cluster.Strategy.DynamicSrv`:

      config :libcluster,
        topologies: [
          my_app: [
            strategy: Dynsrv.Strategy,
            config: [service: "my-service.service.consul"]
          ]
        ]

  `:service`, `:polling_interval`, `:disconnect_on_deregister` and `:resolver` mean what they mean there, and every option of
  `Dynsrv.Cluster` may stand beside them. `connect`, `disconnect` and `list_nodes` of the topology are used.
  """

  # The contract is two functions and the fields of a state; nothing of libcluster is called. So this module is the same, and
  # there, whichever of both packages is compiled first.
  if Code.ensure_loaded?(Cluster.Strategy) do
    @behaviour Cluster.Strategy
  end

  def child_spec([%{topology: topology} | _] = states) do
    %{id: {__MODULE__, topology}, type: :worker, start: {__MODULE__, :start_link, [states]}}
  end

  def start_link([%{topology: topology, config: config} = state]) do
    given =
      for {key, function} <- Map.take(state, [:connect, :disconnect, :list_nodes]), function != nil, do: {key, function}

    config
    |> Enum.to_list()
    |> Keyword.merge(given)
    |> Keyword.put(:topology, topology)
    |> :dynsrv_cluster.start_link()
  end
end
