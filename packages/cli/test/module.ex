defmodule MyApp.Item do
  @moduledoc false
  defstruct [:name, :count]
  @type t :: %__MODULE__{name: String.t(), count: non_neg_integer()}
end

defmodule MyApp.Stock do
  @moduledoc """
  Keeps things in stock. */ alert(1) /*
  """

  @typedoc "Why nothing was reserved."
  @type reason :: :none_left | {:unknown, String.t()}

  @doc "Reserves some of an item."
  @spec reserve(String.t(), pos_integer()) :: {:ok, MyApp.Item.t()} | {:error, reason()}
  def reserve("apple", count) when count <= 10, do: {:ok, %MyApp.Item{name: "apple", count: 10 - count}}
  def reserve("apple", _count), do: {:error, :none_left}
  def reserve(name, _count), do: {:error, {:unknown, name}}

  @spec empty?(String.t()) :: boolean()
  def empty?(name), do: name != "apple"

  @spec reserve!(String.t()) :: MyApp.Item.t() | no_return()
  def reserve!("apple"), do: %MyApp.Item{name: "apple", count: 1}
  def reserve!(name), do: raise(ArgumentError, "no " <> name)

  @spec since(DateTime.t(), timeout: timeout(), name: atom()) :: {DateTime.t(), [timeout: timeout(), name: atom()]}
  def since(at, options \\ []), do: {at, options}

  @spec then(integer()) :: integer()
  def then(number), do: number + 1
end
