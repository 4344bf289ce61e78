/* Many readers of one event stream, in one epoll loop: counts what they are told, and how late.
 *
 * usage: readers PORT PATH COUNT SECONDS
 *
 * Connects them all, says "ready" on stdout, waits for a line on stdin, counts for SECONDS and prints one line:
 *   messages bytes closed p50_ms p99_ms max_ms
 * A message is a line that begins with "id: "; "ts:" and 19 digits in it are nanoseconds of CLOCK_MONOTONIC.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUCKETS = 2000000 }; /* of 5 microseconds: up to 10 seconds */

static const char MARK[] = "\nid: ";
static unsigned buckets[BUCKETS];
static unsigned long long timed, latest;

static unsigned long long now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static int reader(int poll, int index, int port, const char *request) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(port)};
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = index};
    if (fd < 0 || connect(fd, (struct sockaddr *)&there, sizeof there)) return perror("connect"), -1;
    if (write(fd, request, strlen(request)) < 0) return perror("write"), -1;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
    return fd;
}

/* How many marks are in words, going on from what of one the last piece ended with. */
static int marks(const char *words, ssize_t length, unsigned char *matched) {
    int found = 0, at = *matched;
    for (ssize_t i = 0; i < length; i++) {
        at = words[i] == MARK[at] ? at + 1 : words[i] == '\n';
        if (at == sizeof MARK - 1) found++, at = 0;
    }
    *matched = at;
    return found;
}

static void lateness(const char *words, ssize_t length, unsigned long long since) {
    const char *at = words, *end = words + length;
    unsigned long long now = now_ns();
    while ((at = memmem(at, end - at, "ts:", 3)) && end - at >= 22) {
        unsigned long long sent = strtoull(at += 3, NULL, 10);
        if (sent < since || sent > now) continue;
        unsigned long long late = now - sent, bucket = late / 5000;
        buckets[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
        if (late > latest) latest = late;
        timed++;
    }
}

static double quantile(double share) {
    unsigned long long seen = 0;
    for (int i = 0; i < BUCKETS; i++)
        if ((seen += buckets[i]) && seen >= share * timed) return i * 0.005;
    return 0;
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    static char words[1 << 18], request[1024];
    int count = atoi(argv[3]), poll = epoll_create1(0), closed = 0, counting = 0, *fds = calloc(count, sizeof *fds);
    unsigned char *matched = calloc(count, 1);
    unsigned long long messages = 0, bytes = 0, since = 0, until = 0;
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n", argv[2]);
    for (int i = 0; i < count; i++) {
        if ((fds[i] = reader(poll, i, atoi(argv[1]), request)) < 0) return 1;
        if (i % 50 == 49) usleep(10000);
    }
    struct epoll_event start = {.events = EPOLLIN, .data.u32 = count}, events[1024];
    epoll_ctl(poll, EPOLL_CTL_ADD, STDIN_FILENO, &start);
    puts("ready");
    fflush(stdout);
    while (!counting || now_ns() < until) {
        int ready = epoll_wait(poll, events, 1024, 20);
        for (int i = 0; i < ready; i++) {
            unsigned index = events[i].data.u32;
            if ((int)index == count) {
                if (getchar() == EOF) return 1;
                epoll_ctl(poll, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
                counting = 1;
                since = now_ns();
                until = since + (unsigned long long)(atof(argv[4]) * 1e9);
                continue;
            }
            ssize_t got = recv(fds[index], words, sizeof words - 1, 0);
            if (got <= 0) {
                if (got < 0 && errno == EAGAIN) continue;
                close(fds[index]);
                closed++;
                continue;
            }
            words[got] = 0;
            int found = marks(words, got, &matched[index]);
            if (!counting) continue;
            messages += found;
            bytes += got;
            lateness(words, got, since);
        }
    }
    printf("%llu %llu %d %.2f %.2f %.2f\n", messages, bytes, closed, quantile(0.5), quantile(0.99), latest / 1e6);
    return 0;
}
