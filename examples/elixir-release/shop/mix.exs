defmodule Shop.MixProject do
  use Mix.Project

  def project do
    [
      app: :shop,
      version: "0.1.0",
      elixir: "~> 1.10",
      # In a project of your own: {:dynsrv, "~> 1.0"}, or git: with sparse: "packages/beam".
      deps: [{:dynsrv, path: "../../../packages/beam"}]
    ]
  end

  def application, do: [mod: {Shop, []}, extra_applications: [:logger]]
end
