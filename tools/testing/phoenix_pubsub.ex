# Speaks to other nodes as Phoenix.PubSub 2.2 with its default adapter and the channels of Phoenix 1.7 do, over the real
# `pg` and `Registry`. It is not Phoenix: that comes from Hex, which is not everywhere where these tests run. It was written
# from what Phoenix documents and from what is seen on the wire, and holds what a peer can notice:
#
# - the scope `Phoenix.PubSub` of `pg`, a group and a registered worker `<Name>.Adapter`, and `<Name>.Adapter_2` and so on
#   for each further shard of a pool; the sender's pid chooses the shard;
# - `{:forward_to_local, topic, message, dispatcher}` to the other nodes' workers of that shard, or to one by its name;
# - the dispatcher of the other node's choice, called with the subscribers of the topic.

defmodule Phoenix.Socket.Broadcast do
  defstruct [:topic, :event, :payload]
end

defmodule Phoenix.PubSub do
  def start(name, pool_size \\ 1) do
    adapter = Module.concat(name, "Adapter")
    groups = [adapter | for(number <- 2..pool_size//1, do: :"#{adapter}_#{number}")]
    :persistent_term.put(adapter, List.to_tuple(groups))
    registry = {Registry, keys: :duplicate, name: name, meta: [adapter: adapter]}
    workers = for group <- groups, do: %{id: group, start: {Phoenix.PubSub.Worker, :start_link, [name, group]}}
    scope = %{id: :pg, start: {:pg, :start_link, [Phoenix.PubSub]}}
    Supervisor.start_link([scope, registry | workers], strategy: :one_for_one)
  end

  def subscribe(pubsub, topic, metadata \\ nil), do: with({:ok, _} <- Registry.register(pubsub, topic, metadata), do: :ok)

  def broadcast(pubsub, topic, message, dispatcher \\ __MODULE__), do: broadcast_from(pubsub, :none, topic, message, dispatcher)

  def broadcast_from(pubsub, from, topic, message, dispatcher \\ __MODULE__) do
    for pid <- :pg.get_members(__MODULE__, group(pubsub)), node(pid) != node() do
      send(pid, {:forward_to_local, topic, message, dispatcher})
    end

    Registry.dispatch(pubsub, topic, {dispatcher, :dispatch, [from, message]})
  end

  def direct_broadcast(node, pubsub, topic, message, dispatcher \\ __MODULE__) do
    send({group(pubsub), node}, {:forward_to_local, topic, message, dispatcher})
    :ok
  end

  def dispatch(entries, from, message) do
    for {pid, _} <- entries, pid != from, do: send(pid, message)
    :ok
  end

  defp group(pubsub) do
    {:ok, adapter} = Registry.meta(pubsub, :adapter)
    groups = :persistent_term.get(adapter)
    elem(groups, :erlang.phash2(self(), tuple_size(groups)))
  end
end

defmodule Phoenix.PubSub.Worker do
  use GenServer

  def start_link(pubsub, group), do: GenServer.start_link(__MODULE__, {pubsub, group}, name: group)

  @impl true
  def init({pubsub, group}) do
    :ok = :pg.join(Phoenix.PubSub, group, self())
    {:ok, pubsub}
  end

  @impl true
  def handle_info({:forward_to_local, topic, message, dispatcher}, pubsub) do
    Registry.dispatch(pubsub, topic, {dispatcher, :dispatch, [:none, message]})
    {:noreply, pubsub}
  end

  def handle_info(_, pubsub), do: {:noreply, pubsub}
end

defmodule Phoenix.Channel.Server do
  alias Phoenix.Socket.Broadcast

  def broadcast(pubsub, topic, event, payload) do
    message = %Broadcast{topic: topic, event: event, payload: payload}
    Phoenix.PubSub.broadcast(pubsub, topic, message, __MODULE__)
  end

  # A channel subscribes with the pid of its socket, which gets what the channel does not intercept.
  def dispatch(subscribers, from, %Broadcast{event: event} = message) do
    for {pid, metadata} <- subscribers, pid != from do
      case metadata do
        {:fastlane, socket, intercepts} -> if event in intercepts, do: send(pid, message), else: send(socket, {:socket, message})
        _ -> send(pid, message)
      end
    end

    :ok
  end
end
