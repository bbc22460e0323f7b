defmodule Dynsrv.MixProject do
  use Mix.Project

  def project do
    [
      app: :dynsrv,
      version: "0.0.0",
      elixir: "~> 1.10",
      description: "Erlang and Elixir nodes in one cluster with Node.js: members by DNS SRV, no epmd",
      package: [
        licenses: ["MIT"],
        links: %{"GitHub" => "https://github.com/dynsrv/dynsrv"},
        files: ~w(src lib mix.exs rebar.config README.md LICENSE)
      ],
      erlc_options: [:debug_info],
      test_ignore_filters: ["test/libcluster_stand_in.exs"],
      deps: []
    ]
  end

  def application do
    [extra_applications: [:logger], mod: {:dynsrv_app, []}, registered: [:dynsrv_sup, :dynsrv_calls]]
  end
end
