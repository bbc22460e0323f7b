/* A node made with erl_interface, which the tests talk to: c_node NAME@127.0.0.1 PORT COOKIE
 *
 * It answers pings, and echoes what `echo` is called with and sent; other names are silent. The atom `close` ends the link. */
#include <arpa/inet.h>
#include <ei.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ei_cnode self;

static void fail(const char *what)
{
    fprintf(stderr, "%s (erl_errno %d)\n", what, erl_errno);
    exit(1);
}

/* Copies one term as it is. */
static void copy_term(ei_x_buff *out, const ei_x_buff *in, int *index)
{
    int begin = *index;
    if (ei_skip_term(in->buff, index)) fail("no term");
    ei_x_append_buf(out, in->buff + begin, *index - begin);
}

/* {'$gen_call', {Pid, Tag}, Request} gives {Tag, Request}, and {Pid, Term} gives Term; 0 ends the link. */
static int answer(int fd, const erlang_msg *message, const ei_x_buff *in)
{
    char name[MAXATOMLEN] = "";
    int index = 0, version, arity, inner, request, is_ping;
    erlang_pid from;
    ei_x_buff out;
    ei_decode_version(in->buff, &index, &version);
    if (ei_decode_atom(in->buff, &index, name) == 0) return strcmp(name, "close");
    if (ei_decode_tuple_header(in->buff, &index, &arity)) return 1;
    ei_x_new_with_version(&out);
    if (arity == 3 && ei_decode_atom(in->buff, &index, name) == 0 && strcmp(name, "$gen_call") == 0) {
        if (ei_decode_tuple_header(in->buff, &index, &inner) || ei_decode_pid(in->buff, &index, &from)) fail("no caller");
        ei_x_encode_tuple_header(&out, 2);
        copy_term(&out, in, &index);
        request = index;
        is_ping = ei_decode_tuple_header(in->buff, &request, &inner) == 0 && inner == 2 &&
                  ei_decode_atom(in->buff, &request, name) == 0 && strcmp(name, "is_auth") == 0;
        if (is_ping) ei_x_encode_atom(&out, "yes");
        else copy_term(&out, in, &index);
        if (is_ping || strcmp(message->toname, "echo") == 0) ei_send(fd, &from, out.buff, out.index);
    } else if (arity == 2 && ei_decode_pid(in->buff, &index, &from) == 0) {
        copy_term(&out, in, &index);
        ei_send(fd, &from, out.buff, out.index);
    }
    ei_x_free(&out);
    return 1;
}

static void serve(int fd)
{
    ei_x_buff in;
    erlang_msg message;
    ei_x_new(&in);
    for (;;) {
        in.index = 0;
        int got = ei_xreceive_msg(fd, &message, &in);
        if (got == ERL_TICK) continue;
        if (got != ERL_MSG) break;
        if (message.msgtype == ERL_SEND) message.toname[0] = 0;
        if ((message.msgtype == ERL_SEND || message.msgtype == ERL_REG_SEND) && !answer(fd, &message, &in)) break;
    }
    ei_close_connection(fd);
    ei_x_free(&in);
}

int main(int count, char **arguments)
{
    int port = count == 4 ? atoi(arguments[2]) : 0, listening;
    char alive[MAXNODELEN + 1], *at;
    struct in_addr loopback = {.s_addr = htonl(INADDR_LOOPBACK)};
    ErlConnect peer;
    if (count != 4 || (at = strchr(arguments[1], '@')) == NULL) fail("c_node NAME@127.0.0.1 PORT COOKIE");
    snprintf(alive, sizeof alive, "%.*s", (int)(at - arguments[1]), arguments[1]);
    ei_init();
    if (ei_connect_xinit(&self, "127.0.0.1", alive, arguments[1], &loopback, arguments[3], 5) < 0) fail("no node");
    if ((listening = ei_xlisten(&self, &loopback, &port, 5)) < 0) fail("cannot listen");
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        int fd = ei_accept(&self, listening, &peer);
        if (fd >= 0) serve(fd);
    }
}
