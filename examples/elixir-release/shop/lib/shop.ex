defmodule Shop do
  use Application

  @impl true
  def start(_type, _args) do
    children = [{Dynsrv.Cluster, service: "market.test", polling_interval: 1_000}, Shop.Stock]
    Supervisor.start_link(children, strategy: :one_for_one, name: Shop.Supervisor)
  end

  @doc "What so many of the fruit cost; the price is known to a TypeScript service."
  def cost(fruit, count) do
    {:ok, Dynsrv.call(:prices, :price, [fruit]) * count}
  rescue
    error in Dynsrv.JsError -> {:error, error.code}
    error in Dynsrv.CallError -> {:error, error.reason}
  end
end
