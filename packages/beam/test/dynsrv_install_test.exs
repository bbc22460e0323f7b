defmodule Dynsrv.InstallTest do
  use ExUnit.Case

  setup do
    Mix.shell(Mix.Shell.Process)
    folder = Path.join(System.tmp_dir!(), "dynsrv-install-#{System.unique_integer([:positive])}-#{:os.getpid()}")
    File.mkdir_p!(folder)
    on_exit(fn -> File.rm_rf!(folder) end)
    {:ok, folder: folder}
  end

  defp install(folder, arguments) do
    File.cd!(folder, fn -> Mix.Tasks.Dynsrv.Install.run(arguments) end)
    said([])
  end

  defp said(lines) do
    receive do
      {:mix_shell, _, [line]} -> said([line | lines])
    after
      0 -> lines |> Enum.reverse() |> Enum.join("\n")
    end
  end

  defp env(folder), do: File.read!(Path.join(folder, "rel/env.sh.eex"))

  test "makes the file, says so, and changes nothing the second time", %{folder: folder} do
    assert install(folder, ["--service", "my-service.test"]) =~ "* created rel/env.sh.eex"
    first = env(folder)
    assert first =~ "-epmd_module dynsrv_epmd"
    assert first =~ "@my-service.test"
    assert install(folder, []) =~ "* unchanged rel/env.sh.eex"
    assert env(folder) == first
  end

  test "leaves the rest of the file as it is, and replaces its own part", %{folder: folder} do
    File.mkdir_p!(Path.join(folder, "rel"))
    File.write!(Path.join(folder, "rel/env.sh.eex"), "#!/bin/sh\nexport MINE=1\n")
    assert install(folder, ["--service", "one.test"]) =~ "* changed rel/env.sh.eex"
    File.write!(Path.join(folder, "rel/env.sh.eex"), env(folder) <> "export LATER=2\n")
    said = install(folder, ["--service", "two.test"])
    assert said =~ "- export RELEASE_NODE=\"${RELEASE_NODE:-<%= @release.name %>@one.test}\"" or said =~ "@one.test"
    text = env(folder)
    assert text =~ "export MINE=1"
    assert text =~ "export LATER=2"
    assert text =~ "@two.test"
    refute text =~ "one.test"
  end

  test "changes nothing with --dry-run", %{folder: folder} do
    assert install(folder, ["--service", "my-service.test", "--dry-run"]) =~ "* would create rel/env.sh.eex"
    refute File.exists?(Path.join(folder, "rel"))
  end

  test "wants a service, and one that is a name", %{folder: folder} do
    assert_raise Mix.Error, ~r/--service my-service.internal/, fn -> install(folder, []) end
    assert_raise Mix.Error, ~r/has to be a domain name/, fn -> install(folder, ["--service", "$(reboot)"]) end
  end

  test "says when another file names an epmd module too", %{folder: folder} do
    File.mkdir_p!(Path.join(folder, "rel"))
    File.write!(Path.join(folder, "rel/vm.args.eex"), "-start_epmd false\n-epmd_module other\n")
    assert install(folder, ["--service", "my-service.test"]) =~ "rel/vm.args.eex names an epmd_module too"
  end
end
