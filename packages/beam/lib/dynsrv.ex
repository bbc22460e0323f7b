defmodule Dynsrv do
  @moduledoc """
  Calls functions that services expose, wherever they run.

      Dynsrv.call(:prices, :quote, ["apple"])

  A Node.js service is found when it exposes its functions with a group:
  `cluster.node.expose('prices', { quote }, { group: true })`. Of two members drawn at random the one is asked to which fewer
  calls of this node are under way.
  """

  @doc """
  Calls a function of a group and gives its value.

  Options:

    * `:timeout` - milliseconds for all of it, default 5000
    * `:deadline` - the same as a point of `System.monotonic_time(:millisecond)`; the earlier of both counts
    * `:scope` - of `:pg`, default `:dynsrv`
    * `:retry` - whether the function may run twice: then a call whose link went down is made again elsewhere; default false

  Raises `Dynsrv.JsError` for an error of JavaScript, and `Dynsrv.CallError` when no member could be asked or none answered.
  What the function throws or exits with in words of Erlang is thrown here as well.
  """
  @spec call(atom, atom, [term], keyword) :: term
  def call(group, function, arguments, options \\ []) do
    case :dynsrv.try_call(group, function, arguments, options) do
      {:ok, value} ->
        value

      {:js_error, error, frames} ->
        :erlang.raise(:error, Dynsrv.JsError.new(error), frames ++ here())

      {:raised, kind, reason, frames} ->
        :erlang.raise(kind, reason, frames ++ here())

      {:error, reason, message} ->
        raise Dynsrv.CallError, reason: reason, message: message, group: group, function: function
    end
  end

  @doc "The nodes where a group's functions can be called."
  @spec members(atom, atom) :: [node]
  def members(group, scope \\ :dynsrv), do: :dynsrv.members(group, scope)

  @doc "Prints what can be seen of the cluster from this node, and gives `:ok`, or `:error` when something is wrong."
  @spec doctor(keyword) :: :ok | :error
  def doctor(options \\ []), do: :dynsrv_doctor.print(options)

  # Where the call was made, behind the frames of JavaScript.
  defp here do
    {:current_stacktrace, [_info, _here, _call | frames]} = Process.info(self(), :current_stacktrace)
    frames
  end
end
