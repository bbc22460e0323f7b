/* The ei end of the node bench. Commands and answers as in node_bench.erl.
 *
 * Every command has a connection of its own: nobody would answer ticks between commands. */
#include <arpa/inet.h>
#include <ei.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static ei_cnode self;
static int fd = -1;
static ei_x_buff in;

static int64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void fail(const char *what)
{
    printf("! %s (erl_errno %d)\n", what, erl_errno);
    fflush(stdout);
    exit(1);
}

/* A closed link may still be in the other node's books for a moment. */
static void open_link(char *node)
{
    for (int tries = 0; tries < 50; tries++) {
        fd = ei_connect(&self, node);
        if (fd >= 0) return;
        usleep(20000);
    }
    fail("cannot connect");
}

static void close_link(void)
{
    ei_close_connection(fd);
    usleep(50000);
}

/* Waits for a message and goes behind its version and the head of its tuple. */
static int receive(int *index)
{
    erlang_msg message;
    int version, arity;
    for (;;) {
        in.index = 0;
        int got = ei_xreceive_msg(fd, &message, &in);
        if (got == ERL_TICK) continue;
        if (got != ERL_MSG) fail("the link broke");
        if (message.msgtype == ERL_SEND || message.msgtype == ERL_REG_SEND) break;
    }
    *index = 0;
    if (ei_decode_version(in.buff, index, &version) || ei_decode_tuple_header(in.buff, index, &arity)) fail("no tuple");
    return arity;
}

static void begin_tuple(ei_x_buff *out, int arity, const char *tag)
{
    out->index = 0;
    ei_x_encode_version(out);
    ei_x_encode_tuple_header(out, arity);
    ei_x_encode_atom(out, tag);
}

static erlang_pid receive_pid(void)
{
    char tag[MAXATOMLEN];
    erlang_pid pid;
    int index;
    receive(&index);
    if (ei_decode_atom(in.buff, &index, tag) || ei_decode_pid(in.buff, &index, &pid)) fail("no pid");
    return pid;
}

static void run_send(int size, long count, int by_name)
{
    ei_x_buff out;
    char tag[MAXATOMLEN], *bytes = malloc(size);
    long disordered;
    int index;
    memset(bytes, 'x', size);
    ei_x_new(&out);
    begin_tuple(&out, 3, by_name ? "count_named" : "count");
    ei_x_encode_pid(&out, ei_self(&self));
    ei_x_encode_long(&out, count);
    if (ei_reg_send(&self, fd, "sink", out.buff, out.index)) fail("cannot send");
    erlang_pid sink;
    if (by_name) receive(&index);
    else sink = receive_pid();
    int64_t begin = now_ns();
    for (long n = 0; n < count; n++) {
        begin_tuple(&out, 3, "data");
        ei_x_encode_long(&out, n);
        ei_x_encode_binary(&out, bytes, size);
        if (by_name ? ei_reg_send(&self, fd, "counter", out.buff, out.index) : ei_send(fd, &sink, out.buff, out.index))
            fail("cannot send");
    }
    receive(&index);
    if (ei_decode_atom(in.buff, &index, tag) || ei_decode_long(in.buff, &index, &disordered)) fail("no answer");
    printf("= %lld %ld\n", (long long)(now_ns() - begin), disordered);
    ei_x_free(&out);
    free(bytes);
}

static void run_recv(int size, long count)
{
    ei_x_buff out;
    char tag[MAXATOMLEN], *bytes = malloc(size);
    long disordered = 0, number, length;
    int index;
    ei_x_new(&out);
    begin_tuple(&out, 4, "blast");
    ei_x_encode_pid(&out, ei_self(&self));
    ei_x_encode_long(&out, count);
    ei_x_encode_long(&out, size);
    if (ei_reg_send(&self, fd, "source", out.buff, out.index)) fail("cannot send");
    erlang_pid source = receive_pid();
    out.index = 0;
    ei_x_encode_version(&out);
    ei_x_encode_atom(&out, "go");
    int64_t begin = now_ns();
    if (ei_send(fd, &source, out.buff, out.index)) fail("cannot send");
    for (long n = 0; n < count; n++) {
        receive(&index);
        if (ei_decode_atom(in.buff, &index, tag) || ei_decode_long(in.buff, &index, &number) ||
            ei_decode_binary(in.buff, &index, bytes, &length))
            fail("no data");
        if (number != n) disordered++;
    }
    printf("= %lld %ld\n", (long long)(now_ns() - begin), disordered);
    ei_x_free(&out);
    free(bytes);
}

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static void print_percentiles(int64_t *times, long count)
{
    qsort(times, count, sizeof *times, compare);
    printf("= %lld %lld\n", (long long)times[count / 2], (long long)times[count * 99 / 100]);
}

static void run_echo(long count)
{
    ei_x_buff out;
    int64_t *times = malloc(count * sizeof *times);
    int index;
    ei_x_new(&out);
    for (long n = -1000; n < count; n++) {
        int64_t begin = now_ns();
        begin_tuple(&out, 3, "echo");
        ei_x_encode_pid(&out, ei_self(&self));
        ei_x_encode_long(&out, n);
        if (ei_reg_send(&self, fd, "echo", out.buff, out.index)) fail("cannot send");
        receive(&index);
        if (n >= 0) times[n] = now_ns() - begin;
    }
    print_percentiles(times, count);
    ei_x_free(&out);
    free(times);
}

static void run_rex(long in_flight, long count)
{
    ei_x_buff args;
    int index;
    long sent = 0;
    ei_x_new(&args);
    ei_x_encode_empty_list(&args);
    int64_t begin = now_ns();
    for (; sent < in_flight; sent++) ei_rpc_to(&self, fd, "erlang", "node", args.buff, args.index);
    for (long came = 0; came < count; came++) {
        receive(&index);
        if (sent < count && ei_rpc_to(&self, fd, "erlang", "node", args.buff, args.index) < 0) fail("cannot call");
        sent++;
    }
    printf("= %lld\n", (long long)(now_ns() - begin));
    ei_x_free(&args);
}

static void run_setup(char *node, long count)
{
    int64_t *times = malloc(count * sizeof *times);
    for (long n = 0; n < count; n++) {
        int64_t begin = now_ns();
        fd = ei_connect(&self, node);
        if (fd < 0) fail("cannot connect");
        times[n] = now_ns() - begin;
        ei_close_connection(fd);
        usleep(10000);
    }
    print_percentiles(times, count);
    free(times);
}

int main(int argc, char **argv)
{
    char line[256], command[32], node[MAXNODELEN + 1];
    long first, second;
    struct in_addr loopback = { htonl(INADDR_LOOPBACK) };
    if (argc < 3) return 1;
    ei_init();
    char name[MAXNODELEN + 1];
    snprintf(name, sizeof name, "%s@127.0.0.1", argv[1]);
    if (ei_connect_xinit(&self, "127.0.0.1", argv[1], name, &loopback, argv[2], (short)(getpid() & 0x7fff)) < 0) return 1;
    ei_x_new(&in);
    printf("ready %d\n", getpid());
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        int words = sscanf(line, "%31s %255s %ld %ld", command, node, &first, &second);
        if (words < 3) fail("no such command");
        if (strcmp(command, "setup") == 0) {
            run_setup(node, first);
        } else {
            open_link(node);
            if (strcmp(command, "send") == 0) run_send((int)first, second, 0);
            else if (strcmp(command, "sendname") == 0) run_send((int)first, second, 1);
            else if (strcmp(command, "recv") == 0) run_recv((int)first, second);
            else if (strcmp(command, "echo") == 0) run_echo(first);
            else if (strcmp(command, "rex") == 0) run_rex(first, second);
            else fail("no such command");
            close_link();
        }
        fflush(stdout);
    }
    return 0;
}
