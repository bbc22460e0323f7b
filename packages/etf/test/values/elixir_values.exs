# Answers, line by line: `random SEED COUNT` with random terms, `same A B` with whether two encodings are one term, `eval CODE
# TERM` with what the code, a function of one argument, says of a term. What is longer than a word is in Base64.
defmodule Random do
  def term(0), do: leaf()

  def term(depth) do
    inner = fn -> term(:rand.uniform(depth) - 1) end

    case :rand.uniform(9) do
      1 -> many(inner)
      2 -> List.to_tuple(many(inner))
      3 -> Map.new(many(fn -> {atom(), inner.()} end))
      4 -> Map.new(many(fn -> {text(), inner.()} end))
      5 -> Map.new(many(fn -> {term(1), inner.()} end))
      6 -> Enum.map(many(inner), &{atom(), &1})
      7 -> MapSet.new(many(fn -> term(1) end))
      8 -> record(inner)
      _ -> leaf()
    end
  end

  defp many(make), do: for(_ <- 1..:rand.uniform(4), :rand.uniform(5) > 1, do: make.())
  defp pick(list), do: Enum.at(list, :rand.uniform(length(list)) - 1)
  defp atom, do: pick([:a, :b, :ok, nil, true, :undefined, :__proto__, :"1", :toString, Some.Module])
  defp text, do: pick(["", "a", "b", "1", "__proto__", "é", "two words", <<255, 0>>, String.duplicate("x", 100)])

  defp leaf do
    pick([
      fn -> :rand.uniform(1000) - 500 end,
      fn -> :rand.uniform(1_000_000_000_000_000_000_000) end,
      # Floats with an integral value are an exception of the plain values.
      fn -> :rand.uniform(1000) + 0.5 end,
      &atom/0,
      &text/0,
      &text/0,
      fn -> self() end,
      fn -> make_ref() end,
      fn -> &String.length/1 end,
      fn -> <<1::3>> end,
      &date/0,
      &time/0,
      &naive/0,
      &date_time/0,
      &decimal/0,
      fn -> Range.new(:rand.uniform(9), :rand.uniform(9), pick([1, -1, 2])) end,
      fn -> URI.parse(pick(uris())) end,
      fn -> pick([URI.new!("https://b.example:444/p"), URI.parse("HTTP://A.Example/x")]) end,
      fn -> Version.parse!(pick(["1.2.3", "0.1.0-rc.1", "1.0.0-alpha.beta+build.5"])) end,
      fn -> pick([%ArgumentError{message: "boom"}, %KeyError{key: :a, term: %{b: 1}}, %RuntimeError{}]) end
    ]).()
  end

  defp uris, do: ["http://a.example/x?y#z", "//host/p", "/only/a/path", "mailto:a@b", "http://u:p@[::1]:8080", "a b", ""]
  defp decimal, do: %{__struct__: Decimal, sign: pick([1, -1]), coef: pick([0, 125, :NaN, 10_000_000_000_000_000_000_000]), exp: pick([0, -2, 5])}
  defp date, do: Date.new!(:rand.uniform(9999), :rand.uniform(12), :rand.uniform(28))
  defp microsecond, do: pick([{0, 0}, {0, 3}, {123_000, 3}, {123_456, 6}, {1, 6}])
  defp time, do: Time.new!(:rand.uniform(24) - 1, :rand.uniform(60) - 1, :rand.uniform(60) - 1, microsecond())
  defp naive, do: NaiveDateTime.new!(date(), time())

  defp date_time do
    utc = DateTime.new!(date(), time())
    elsewhere = %{utc | time_zone: "Europe/Paris", zone_abbr: "CEST", utc_offset: 3600, std_offset: 3600}
    pick([utc, elsewhere])
  end

  defp record(inner), do: %{__struct__: pick([MyApp.Order, Date, MapSet, :not_elixir, 7]), id: inner.(), at: inner.()}
end

loop = fn loop ->
  with line when is_binary(line) <- IO.read(:stdio, :line) do
    answer =
      case String.split(line) do
        ["random", seed, count] ->
          :rand.seed(:exsss, String.to_integer(seed))
          for(_ <- 1..String.to_integer(count), do: :erlang.term_to_binary(Random.term(4))) |> :erlang.term_to_binary() |> Base.encode64()

        ["same", a, b] ->
          to_string(:erlang.binary_to_term(Base.decode64!(a)) === :erlang.binary_to_term(Base.decode64!(b)))

        ["eval", code, term] ->
          {function, _} = Code.eval_string(Base.decode64!(code))

          try do
            inspect(function.(:erlang.binary_to_term(Base.decode64!(term))))
          rescue
            error -> Exception.message(error) |> inspect()
          end
          |> String.replace("\n", " ")

        ["make", code] ->
          {term, _} = Code.eval_string(Base.decode64!(code))
          Base.encode64(:erlang.term_to_binary(term))
      end

    IO.puts(answer)
    loop.(loop)
  end
end

IO.puts("ready")
loop.(loop)
