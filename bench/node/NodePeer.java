import com.ericsson.otp.erlang.*;
import java.io.*;
import java.net.*;
import java.util.*;

/** The JInterface end of the node bench. Commands and answers as in node_bench.erl. */
public final class NodePeer {
    private static OtpNode node;
    private static OtpSelf self;

    /** Listens on loopback only. */
    private static final class Loopback extends OtpSocketTransportFactory {
        @Override
        public OtpServerTransport createServerTransport(int port) throws IOException {
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

    public static void main(String[] args) throws Exception {
        node = new OtpNode(args[0] + "@127.0.0.1", args[1], new Loopback());
        self = new OtpSelf(args[0] + "_setup@127.0.0.1", args[1], new Loopback());
        System.out.println("ready " + ProcessHandle.current().pid());
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            try {
                System.out.println("= " + run(line.trim().split(" ")));
            } catch (Exception error) {
                System.out.println("! " + error);
            }
        }
        System.exit(0);
    }

    private static String run(String[] words) throws Exception {
        switch (words[0]) {
            case "send": return send("count", words[1], Integer.parseInt(words[2]), Integer.parseInt(words[3]));
            case "sendname": return send("count_named", words[1], Integer.parseInt(words[2]), Integer.parseInt(words[3]));
            case "recv": return receive(words[1], Integer.parseInt(words[2]), Integer.parseInt(words[3]), null);
            case "keep":
                return receive(words[1], Integer.parseInt(words[2]), Integer.parseInt(words[3]), new ArrayList<>());
            case "echo": return echo(words[1], Integer.parseInt(words[2]));
            case "rex": return rex(words[1], Integer.parseInt(words[2]), Integer.parseInt(words[3]));
            case "setup": return setUp(words[1], Integer.parseInt(words[2]));
            case "collect": System.gc(); return "";
            default: throw new IllegalArgumentException("no such command");
        }
    }

    private static OtpErlangTuple tuple(OtpErlangObject... elements) {
        return new OtpErlangTuple(elements);
    }

    private static OtpErlangAtom atom(String name) {
        return new OtpErlangAtom(name);
    }

    private static String send(String way, String hub, int size, int count) throws Exception {
        OtpMbox mbox = node.createMbox();
        mbox.send("sink", hub, tuple(atom(way), mbox.self(), new OtpErlangLong(count)));
        OtpErlangObject sink = ((OtpErlangTuple) mbox.receive()).elementAt(1);
        byte[] bytes = new byte[size];
        OtpErlangAtom data = atom("data");
        long begin = System.nanoTime();
        for (int n = 0; n < count; n++) {
            OtpErlangTuple message = tuple(data, new OtpErlangLong(n), new OtpErlangBinary(bytes));
            if (sink instanceof OtpErlangPid) mbox.send((OtpErlangPid) sink, message);
            else mbox.send("counter", hub, message);
        }
        OtpErlangObject disordered = ((OtpErlangTuple) mbox.receive()).elementAt(1);
        mbox.close();
        return (System.nanoTime() - begin) + " " + disordered;
    }

    /** @param kept where messages are put that the program keeps; null for none */
    private static String receive(String from, int size, int count, List<OtpErlangObject> kept) throws Exception {
        OtpMbox mbox = node.createMbox();
        mbox.send("source", from, tuple(atom("blast"), mbox.self(), new OtpErlangLong(count), new OtpErlangLong(size)));
        OtpErlangPid source = (OtpErlangPid) ((OtpErlangTuple) mbox.receive()).elementAt(1);
        long begin = System.nanoTime();
        mbox.send(source, atom("go"));
        int disordered = 0;
        for (int n = 0; n < count; n++) {
            OtpErlangTuple message = (OtpErlangTuple) mbox.receive();
            if (((OtpErlangLong) message.elementAt(1)).longValue() != n) disordered++;
            if (kept != null) kept.add(message);
        }
        mbox.close();
        return (System.nanoTime() - begin) + " " + disordered;
    }

    private static String echo(String hub, int count) throws Exception {
        OtpMbox mbox = node.createMbox();
        OtpErlangAtom echo = atom("echo");
        long[] times = new long[count];
        for (int n = -1000; n < count; n++) {
            long begin = System.nanoTime();
            mbox.send("echo", hub, tuple(echo, mbox.self(), new OtpErlangLong(n)));
            mbox.receive();
            if (n >= 0) times[n] = System.nanoTime() - begin;
        }
        mbox.close();
        return percentiles(times);
    }

    private static String rex(String hub, int inFlight, int count) throws Exception {
        Thread[] threads = new Thread[inFlight];
        long begin = System.nanoTime();
        for (int at = 0; at < inFlight; at++) {
            threads[at] = new Thread(() -> callMany(hub, count / inFlight));
            threads[at].start();
        }
        for (Thread thread : threads) thread.join();
        return "" + (System.nanoTime() - begin);
    }

    private static void callMany(String hub, int count) {
        OtpMbox mbox = node.createMbox();
        OtpErlangTuple call =
            tuple(atom("call"), atom("erlang"), atom("node"), new OtpErlangList(), atom("user"));
        try {
            for (int n = 0; n < count; n++) {
                mbox.send("rex", hub, tuple(mbox.self(), call));
                mbox.receive();
            }
        } catch (OtpErlangExit | OtpErlangDecodeException error) {
            throw new IllegalStateException(error);
        }
        mbox.close();
    }

    private static String setUp(String hub, int count) throws Exception {
        OtpPeer peer = new OtpPeer(hub);
        long[] times = new long[count];
        for (int n = 0; n < count; n++) {
            long begin = System.nanoTime();
            OtpConnection connection = self.connect(peer);
            times[n] = System.nanoTime() - begin;
            connection.close();
            Thread.sleep(10);
        }
        return percentiles(times);
    }

    private static String percentiles(long[] times) {
        Arrays.sort(times);
        return times[times.length / 2] + " " + times[(int) (times.length * 99L / 100)];
    }
}
