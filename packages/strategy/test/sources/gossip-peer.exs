# Speaks the packets of libcluster's gossip strategy: <own port> <peer's port> <node name> <secret or empty>.
[own, peer, name, secret] = System.argv()
key = :crypto.hash(:sha256, secret)

encode = fn term ->
  plain = "heartbeat::" <> :erlang.term_to_binary(term)

  if secret == "" do
    plain
  else
    iv = :crypto.strong_rand_bytes(16)
    pad = 16 - rem(byte_size(plain), 16)
    padded = plain <> :binary.copy(<<pad>>, pad)
    iv <> :crypto.crypto_one_time(:aes_256_cbc, key, iv, padded, true)
  end
end

decode = fn packet ->
  plain =
    if secret == "" do
      packet
    else
      <<iv::binary-size(16), data::binary>> = packet
      padded = :crypto.crypto_one_time(:aes_256_cbc, key, iv, data, false)
      :binary.part(padded, 0, byte_size(padded) - :binary.last(padded))
    end

  "heartbeat::" <> term = plain
  :erlang.binary_to_term(term)
end

{:ok, socket} =
  :gen_udp.open(String.to_integer(own), [:binary, active: true, ip: {127, 0, 0, 1}, reuseaddr: true])

loop = fn loop ->
  :gen_udp.send(socket, {127, 0, 0, 1}, String.to_integer(peer), encode.(%{node: String.to_atom(name)}))

  receive do
    {:udp, ^socket, _ip, _port, packet} ->
      %{node: node} = decode.(packet)
      IO.puts("heard #{node}")
  after
    50 -> :ok
  end

  loop.(loop)
end

loop.(loop)
