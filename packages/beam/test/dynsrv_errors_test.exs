defmodule Dynsrv.ErrorsTest do
  use ExUnit.Case, async: true

  test "an error of JavaScript says its name, message and code" do
    error = Dynsrv.JsError.new(%{name: "TypeError", message: "no", code: :undefined, stack: ""})
    assert Exception.message(error) == "TypeError: no"
    assert Exception.message(%{error | code: "E_NO"}) == "TypeError: no (E_NO)"
    assert error.code == nil
  end

  test "a node without a name is told so by the doctor, without its cookie" do
    text = ExUnit.CaptureIO.capture_io(fn -> assert Dynsrv.doctor() == :error end)
    assert text =~ "DYNSRV_NAME_MISSING: this node has no name"
    assert text =~ "no service was looked up"
  end

  test "the task of the doctor ends with an error" do
    ExUnit.CaptureIO.capture_io(fn ->
      assert catch_exit(Mix.Tasks.Dynsrv.Doctor.run([])) == {:shutdown, 1}
    end)
  end
end
