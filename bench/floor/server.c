/* The least a server can do: one epoll loop that writes one frame to every connection, RATE times a second.
 *
 * usage: server RATE BYTES        BYTES is the length of a frame's payload; its port is its first line
 *
 * It parses nothing: whatever a client sends first is answered with the head of a stream.
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 20000, FRAME = 1 << 20 };

static const char HEAD[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

static int readers[MOST];
static int seat_of[MOST + 64]; /* by descriptor: 1 + the index in readers, 0 where it has none */
static int count;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int listening(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof here;
    if (bind(fd, (struct sockaddr *)&here, sizeof here) || listen(fd, 4096)) fail("listen");
    getsockname(fd, (struct sockaddr *)&here, &size);
    printf("%d\n", ntohs(here.sin_port));
    fflush(stdout);
    return fd;
}

static void watch(int poll, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event)) fail("epoll_ctl");
}

static void admit(int poll, int door) {
    int fd, yes = 1;
    while ((fd = accept4(door, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        if (fd >= MOST) {
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        watch(poll, fd);
    }
}

static void hear(int fd) {
    char words[8192];
    ssize_t got = recv(fd, words, sizeof words, 0);
    int seat = seat_of[fd];
    if (got > 0) {
        if (!seat && send(fd, HEAD, sizeof HEAD - 1, MSG_NOSIGNAL) > 0) {
            readers[count++] = fd;
            seat_of[fd] = count;
        }
        return;
    }
    if (seat) { /* the last one takes the empty seat */
        int moved = readers[--count];
        readers[seat - 1] = moved;
        seat_of[moved] = seat;
        seat_of[fd] = 0;
    }
    close(fd);
}

static void publish(int bytes) {
    static char payload[FRAME], frame[FRAME + 64];
    static unsigned long number;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int length = snprintf(payload, sizeof payload, "id: %lu\nevent: post\ndata: ts:%019llu ", ++number,
                          now.tv_sec * 1000000000ull + now.tv_nsec);
    while (length < bytes - 2) payload[length++] = 'x';
    payload[length++] = '\n';
    payload[length++] = '\n';
    int whole = snprintf(frame, sizeof frame, "%x\r\n", length);
    memcpy(frame + whole, payload, length);
    whole += length;
    frame[whole++] = '\r';
    frame[whole++] = '\n';
    for (int i = 0; i < count; i++) send(readers[i], frame, whole, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    double rate = atof(argv[1]);
    int bytes = atoi(argv[2]), poll = epoll_create1(0), door = listening();
    int clock = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    long every = (long)(1e9 / rate);
    struct timespec period = {every / 1000000000, every % 1000000000};
    struct itimerspec rhythm = {.it_interval = period, .it_value = period};
    timerfd_settime(clock, 0, &rhythm, NULL);
    watch(poll, door);
    watch(poll, clock);
    for (;;) {
        struct epoll_event events[512];
        int ready = epoll_wait(poll, events, 512, -1);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            unsigned long long ticks;
            if (fd == door) admit(poll, door);
            else if (fd != clock) hear(fd);
            else if (read(clock, &ticks, sizeof ticks) > 0) publish(bytes);
        }
    }
}
