Code.require_file("libcluster_stand_in.exs", __DIR__)

defmodule Dynsrv.StrategyTest do
  use ExUnit.Case

  # A mesh without sockets, as Partisan's would be one.
  defmodule Mesh do
    def start(records),
      do: ExUnit.Callbacks.start_supervised(%{id: __MODULE__, start: {__MODULE__, :start_link, [records]}})

    def start_link(records),
      do: Agent.start_link(fn -> %{links: [], records: records, disconnected: []} end, name: __MODULE__)

    def connect(test, node),
      do: change(test, node, {:connected, node}, fn mesh -> %{mesh | links: [node | mesh.links]} end)

    def disconnect(test, node) do
      change(test, node, {:disconnected, node}, fn mesh -> %{mesh | links: List.delete(mesh.links, node)} end)
    end

    def nodes, do: Agent.get(__MODULE__, & &1.links)
    def records, do: Agent.get(__MODULE__, & &1.records)
    def publish(records), do: Agent.update(__MODULE__, &%{&1 | records: records})

    defp change(test, _node, message, update) do
      Agent.update(__MODULE__, update)
      send(test, message)
      true
    end
  end

  @service "my-service.test"

  defp record(label), do: {0, 1, 4370, String.to_charlist("#{label}.#{@service}")}

  defp topology(config) do
    test = self()

    asked = fn service ->
      send(test, {:asked, service})

      case Mesh.records() do
        :fails -> exit(:no_dns)
        records -> records
      end
    end

    [
      strategy: Dynsrv.Strategy,
      connect: {Mesh, :connect, [test]},
      disconnect: {Mesh, :disconnect, [test]},
      list_nodes: {Mesh, :nodes, []},
      config: [service: @service, polling_interval: 20, resolver: asked] ++ config
    ]
  end

  defp start(config) do
    start_supervised!(%{
      id: Cluster.Supervisor,
      start: {Cluster.Supervisor, :start_link, [[[app: topology(config)], []]]},
      type: :supervisor
    })
  end

  defp polls(count) do
    for _ <- 1..count, do: assert_receive({:asked, _}, 2_000)
  end

  setup do
    {:ok, _} = Mesh.start([record("a"), record("B-2")])
    :ok
  end

  test "is a strategy of libcluster" do
    assert %{id: {Dynsrv.Strategy, :app}, start: {Dynsrv.Strategy, :start_link, [[_]]}} =
             Dynsrv.Strategy.child_spec([%Cluster.Strategy.State{topology: :app}])
  end

  test "connects to the nodes of the records with the functions of the topology" do
    start([])
    assert_receive {:connected, :"a@my-service.test"}, 2_000
    assert_receive {:connected, :"B-2@my-service.test"}, 2_000
  end

  test "disconnects a node whose record is gone" do
    start([])
    assert_receive {:connected, :"B-2@my-service.test"}, 2_000
    assert_receive {:connected, :"a@my-service.test"}, 2_000
    Mesh.publish([record("a")])
    assert_receive {:disconnected, :"B-2@my-service.test"}, 2_000
    refute_received {:disconnected, _}
  end

  test "keeps a live link with disconnect_on_deregister: false" do
    start(disconnect_on_deregister: false)
    assert_receive {:connected, :"B-2@my-service.test"}, 2_000
    assert_receive {:connected, :"a@my-service.test"}, 2_000
    Mesh.publish([record("a")])
    polls(20)
    refute_received {:disconnected, _}
  end

  test "keeps all while the resolver fails, or gives an empty list" do
    start([])
    assert_receive {:connected, :"B-2@my-service.test"}, 2_000
    assert_receive {:connected, :"a@my-service.test"}, 2_000

    for answer <- [:fails, [], :not_a_list] do
      Mesh.publish(answer)
      polls(15)
      refute_received {:disconnected, _}
    end
  end

  test "refuses an option that there is not, in words" do
    state = %Cluster.Strategy.State{topology: :app, config: [service: @service, poll_interval: 5]}
    assert {:error, {:bad_option, text}} = Dynsrv.Strategy.start_link([state])
    assert to_string(text) =~ "did you mean polling_interval?"
  end

  test "keeps a node that another topology still names" do
    start([])
    assert_receive {:connected, :"a@my-service.test"}, 2_000
    assert_receive {:connected, :"B-2@my-service.test"}, 2_000
    test = self()
    both = [record("a"), record("B-2")]

    other =
      Keyword.put(topology([]), :config,
        service: @service,
        polling_interval: 20,
        resolver: fn _ ->
          send(test, :other_asked)
          both
        end
      )

    start_supervised!(%{
      id: :other,
      start: {Cluster.Supervisor, :start_link, [[[other: other], []]]},
      type: :supervisor
    })

    for _ <- 1..3, do: assert_receive(:other_asked, 2_000)
    Mesh.publish([record("a")])
    polls(15)
    refute_received {:disconnected, _}
    stop_supervised!(:other)
    Mesh.publish([record("a"), record("B-2")])
    polls(10)
    Mesh.publish([record("a")])
    assert_receive {:disconnected, :"B-2@my-service.test"}, 4_000
  end
end
