defmodule Mix.Tasks.Dynsrv.Install do
  @shortdoc "Writes what a release needs to run without epmd"

  @moduledoc """
  Writes what a release needs to run without epmd, and says what it changed.

      mix dynsrv.install --service my-service.internal

  It puts a block into `rel/env.sh.eex` (and makes the file when there is none): distribution with long names, the name of the
  node, and the flags that let `start`, `daemon`, `remote`, `rpc`, `pid` and `stop` find nodes in SRV records. The rest of the file
  stays as it is; when it is run again, only the block is written anew.

    * `--service` - the DNS name that holds the SRV records; it is the host of the node's name. Required the first time
    * `--dry-run` - says what would be changed, and changes nothing
  """
  use Mix.Task

  @file_name "rel/env.sh.eex"
  @first "# dynsrv: begin. Written by mix dynsrv.install, which replaces it."
  @last "# dynsrv: end"

  @impl true
  def run(arguments) do
    {options, _} = OptionParser.parse!(arguments, strict: [service: :string, dry_run: :boolean])
    before = read(@file_name)

    service =
      options[:service] || service_of(before) ||
        Mix.raise("Give the DNS name of your SRV records: mix dynsrv.install --service my-service.internal")

    unless service =~ ~r/^[a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)+$/,
      do: Mix.raise("--service has to be a domain name, such as my-service.internal, and is #{inspect(service)}")

    now = with_block(before, block(service))
    dry? = Keyword.get(options, :dry_run, false)

    cond do
      now == before -> say("unchanged", @file_name)
      dry? -> say(if(before, do: "would change", else: "would create"), @file_name)
      true -> write(before, now)
    end

    warn_of_doubles()
    Mix.shell().info(next_steps(service))
  end

  defp read(path) do
    case File.read(path) do
      {:ok, text} -> text
      {:error, :enoent} -> nil
      {:error, reason} -> Mix.raise("#{path} cannot be read: #{:file.format_error(reason)}")
    end
  end

  defp write(before, now) do
    File.mkdir_p!(Path.dirname(@file_name))
    File.write!(@file_name, now)
    say(if(before, do: "changed", else: "created"), @file_name)
    for line <- lines(now) -- lines(before || ""), do: Mix.shell().info("    + " <> line)
    for line <- lines(before || "") -- lines(now), do: Mix.shell().info("    - " <> line)
  end

  defp lines(text), do: String.split(text, "\n", trim: true)

  defp block(service) do
    """
    #{@first}
    export RELEASE_DISTRIBUTION=name
    # The part before the @ is the label of the node's SRV target: <label>.#{service}
    export RELEASE_NODE="${RELEASE_NODE:-<%= @release.name %>@#{service}}"
    # For start, daemon, remote, rpc, pid and stop alike.
    export ELIXIR_ERL_OPTIONS="-pa $RELEASE_ROOT/lib/dynsrv-<%= @release.applications[:dynsrv][:vsn] %>/ebin -start_epmd false -epmd_module dynsrv_epmd ${ELIXIR_ERL_OPTIONS:-}"
    #{@last}
    """
  end

  defp with_block(nil, block), do: "#!/bin/sh\n\n" <> block

  defp with_block(text, block) do
    case String.split(text, @first, parts: 2) do
      [start, rest] ->
        case String.split(rest, @last <> "\n", parts: 2) do
          [_, more] ->
            start <> block <> more

          [_] ->
            Mix.raise(
              "#{@file_name} has a line \"#{@first}\" and none \"#{@last}\": remove the first, and run this again"
            )
        end

      [_] ->
        String.trim_trailing(text, "\n") <> "\n\n" <> block
    end
  end

  defp service_of(nil), do: nil

  defp service_of(text) do
    case Regex.run(~r/SRV target: <label>\.(\S+)/, text) do
      [_, service] -> service
      nil -> nil
    end
  end

  # Giving the module twice ends the start from OTP 27.2 on.
  defp warn_of_doubles do
    for path <- ["rel/vm.args.eex", "rel/remote.vm.args.eex"],
        text = read(path),
        text =~ ~r/^\s*-(epmd_module|kernel epmd_module)/m do
      Mix.shell().error(
        "#{path} names an epmd_module too: remove that line, since rel/env.sh.eex has it for all commands"
      )
    end
  end

  defp say(what, path), do: Mix.shell().info("* #{what} #{path}")

  defp next_steps(service) do
    """

    Each node needs ERL_DIST_PORT, the port of its SRV record, and RELEASE_COOKIE. In the supervision tree:

        children = [{Dynsrv.Cluster, service: "#{service}"}]

    Then: mix release, and bin/#{Mix.Project.config()[:app]} rpc "Dynsrv.doctor()" says whether all is well.
    """
  end
end
