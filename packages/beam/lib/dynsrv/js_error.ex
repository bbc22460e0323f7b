defmodule Dynsrv.JsError do
  @moduledoc """
  An error that a function of JavaScript threw, or its promise rejected with.

    * `name` - of its class, such as `"TypeError"`
    * `message`
    * `code` - as `"ENOENT"`, where it has one, else `nil`
    * `stack` - its frames as JavaScript writes them; the stack trace of the exception begins with them too
  """
  defexception [:name, :message, :code, stack: ""]

  @type t :: %__MODULE__{name: String.t(), message: String.t(), code: String.t() | number | nil, stack: String.t()}

  @doc false
  def new(%{name: name, message: message, code: code, stack: stack}) do
    code = if code == :undefined, do: nil, else: code
    %__MODULE__{name: name, message: message, code: code, stack: stack}
  end

  @impl true
  def message(%{name: name, message: message, code: nil}), do: "#{name}: #{message}"
  def message(%{name: name, message: message, code: code}), do: "#{name}: #{message} (#{code})"
end
