defmodule Dynsrv.Cluster do
  @moduledoc """
  Keeps this node connected to the nodes that the SRV records of a service name, and loses none of them because DNS has a bad day.

      children = [
        {Dynsrv.Cluster, service: "my-service.service.consul"}
      ]

  A lookup that fails changes nothing. A member leaves only when an answer lacks it and two more lookups, a moment later and over
  TCP, lack it too; at most half of the live links go with one poll; an empty answer spares live links for ten minutes.

  `:service` is required. The most useful of the others: `:polling_interval` (5000 ms), `:disconnect_on_deregister` (true),
  `:on_change` (a function of the event, or `{module, function, args}`), `:name`, `:topology`. All are in the README of the
  package; an unknown one is refused at start, with the nearest that there is.
  """

  @doc "A child of a supervisor."
  @spec child_spec(keyword | map) :: Supervisor.child_spec()
  def child_spec(options), do: :dynsrv_cluster.child_spec(options)

  @doc "Starts it; `{:error, {:bad_option, text}}` says which option is wrong."
  @spec start_link(keyword | map) :: GenServer.on_start()
  def start_link(options), do: :dynsrv_cluster.start_link(options)

  @doc "What is known: members, each with whether it is connected and why not, failures of DNS in a row, who is held and why."
  @spec info(GenServer.server()) :: map
  def info(cluster), do: :dynsrv_cluster.info(cluster)

  @doc "Asks now instead of after the interval."
  @spec poll_now(GenServer.server()) :: :ok
  def poll_now(cluster), do: :dynsrv_cluster.poll_now(cluster)

  @doc "`:ok` when so many members are connected, or `{:error, info}` after the time in milliseconds."
  @spec ready(GenServer.server(), non_neg_integer, timeout) :: :ok | {:error, map}
  def ready(cluster, peers, timeout \\ 15_000), do: :dynsrv_cluster.ready(cluster, peers, timeout)
end
