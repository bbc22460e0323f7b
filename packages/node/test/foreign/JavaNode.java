import com.ericsson.otp.erlang.*;
import java.io.*;
import java.net.*;

/**
 * A node made with JInterface, which the tests talk to: JavaNode NAME@127.0.0.1 PORT COOKIE
 *
 * It answers pings, and echoes what `echo` is called with and sent; other names are silent. The atom `close` ends the node.
 */
public final class JavaNode {
    /** Listens on the given port of loopback, and finds no epmd. */
    private static final class OnePort extends OtpGenericTransportFactory {
        private final int port;

        OnePort(int port) { this.port = port; }

        @Override
        public OtpTransport createTransport(OtpPeer peer) throws IOException { throw new IOException("no dials"); }

        @Override
        public OtpServerTransport createServerTransport(OtpLocalNode node) throws IOException {
            ServerSocket server = new ServerSocket(port, 128, InetAddress.getLoopbackAddress());
            return new OtpServerTransport() {
                @Override public void close() throws IOException { server.close(); }
                @Override public int getLocalPort() { return server.getLocalPort(); }
                @Override public OtpTransport accept() throws IOException {
                    return new OtpSocketTransport(server.accept());
                }
            };
        }
    }

    public static void main(String[] arguments) throws Exception {
        OtpNode node = new OtpNode(arguments[0], arguments[2], new OnePort(Integer.parseInt(arguments[1])));
        OtpMbox echo = node.createMbox("echo");
        System.out.println("ready");
        for (;;) {
            OtpErlangObject message;
            try {
                message = echo.receive();
            } catch (OtpErlangExit | OtpErlangDecodeException error) {
                continue;
            }
            if (message.equals(new OtpErlangAtom("close"))) System.exit(0);
            if (!(message instanceof OtpErlangTuple)) continue;
            OtpErlangTuple tuple = (OtpErlangTuple) message;
            if (tuple.arity() == 3 && tuple.elementAt(0).equals(new OtpErlangAtom("$gen_call"))) {
                OtpErlangTuple from = (OtpErlangTuple) tuple.elementAt(1);
                OtpErlangObject[] reply = {from.elementAt(1), tuple.elementAt(2)};
                echo.send((OtpErlangPid) from.elementAt(0), new OtpErlangTuple(reply));
            } else if (tuple.arity() == 2) {
                echo.send((OtpErlangPid) tuple.elementAt(0), tuple.elementAt(1));
            }
        }
    }
}
