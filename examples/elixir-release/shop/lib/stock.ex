defmodule Shop.Stock do
  use GenServer

  def start_link(_options), do: GenServer.start_link(__MODULE__, %{"apple" => 10, "pear" => 3}, name: __MODULE__)

  @impl true
  def init(stock), do: {:ok, stock}

  @impl true
  def handle_call({:take, fruit, count}, _from, stock) do
    case stock do
      %{^fruit => left} when left >= count -> {:reply, {:ok, left - count}, Map.put(stock, fruit, left - count)}
      _ -> {:reply, {:error, :sold_out}, stock}
    end
  end
end
