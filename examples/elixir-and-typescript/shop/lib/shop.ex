defmodule Shop do
  use Application

  @impl true
  def start(_type, _args), do: Supervisor.start_link([Shop.Stock], strategy: :one_for_one, name: Shop.Supervisor)

  @doc "What so many of the fruit cost; the price is known to a TypeScript service."
  def cost(fruit, count) do
    [prices | _] = Enum.filter(Node.list(:connected), &String.starts_with?(Atom.to_string(&1), "prices-"))

    with {:ok, price} <- :erpc.call(prices, Shop.Prices, :price, [fruit]), do: {:ok, price * count}
  end
end
