# libcluster, as far as its documentation binds a strategy: the behaviour, the state, and how its supervisor starts them. There is
# no hex where these tests run.
defmodule Cluster.Strategy.State do
  defstruct topology: nil, connect: nil, disconnect: nil, list_nodes: nil, meta: nil, config: []
end

defmodule Cluster.Strategy do
  @callback child_spec(list) :: map
  @callback start_link([Cluster.Strategy.State.t()]) :: {:ok, pid} | :ignore | {:error, term}
end

defmodule Cluster.Supervisor do
  def start_link([topologies, options]) do
    children =
      for {topology, spec} <- topologies do
        strategy = Keyword.fetch!(spec, :strategy)

        state = %Cluster.Strategy.State{
          topology: topology,
          connect: Keyword.get(spec, :connect, {:net_kernel, :connect_node, []}),
          disconnect: Keyword.get(spec, :disconnect, {:erlang, :disconnect_node, []}),
          list_nodes: Keyword.get(spec, :list_nodes, {:erlang, :nodes, [:connected]}),
          config: Keyword.get(spec, :config, []),
          meta: nil
        }

        %{id: topology, type: :worker, start: {strategy, :start_link, [[state]]}}
      end

    Supervisor.start_link(children, Keyword.merge([strategy: :one_for_one], options))
  end
end
