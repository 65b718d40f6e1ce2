/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
/*
 * Many event streams at once, and when an event reached each of them.
 *
 *	streams PORT N MARK REQUEST
 *
 * Opens N connections to 127.0.0.1:PORT, sends each the bytes of the file
 * REQUEST, and prints "open N" when all had an answer.  Then, for each line on
 * its standard input (a number of events that will be sent), it counts the
 * occurrences of MARK on each stream until all have that many, or nothing has
 * come for 10 s, and prints: streams that have all, the median and the greatest
 * time of the last one in ms after the first byte of any, events in all, and
 * when that first one came (ms, CLOCK_MONOTONIC).  A line "0" ends it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define AT_ONCE 200 /* connections that are being opened */

struct stream {
	int fd;
	bool is_open;   /* it has had an answer */
	size_t matched; /* of the mark, at the end of what came so far */
	long count;
	double last_ms;
};

static struct stream *streams;
static long n_streams, n_open;
static const char *mark;
static size_t mark_len;
static char request[4096];
static size_t request_len;
static int epoll_fd;
static double first_ms; /* 0: nothing came yet */

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6;
}

static void
fail(const char *what)
{
	perror(what);
	exit(1);
}

static void
open_stream(long i, int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct epoll_event ev = { .events = EPOLLIN };
	struct stream *s = &streams[i];

	to.sin_port = htons((unsigned short)port);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0 || connect(s->fd, (void *)&to, sizeof(to)) != 0)
		fail("connect");
	if (write(s->fd, request, request_len) != (ssize_t)request_len)
		fail("write");
	ev.data.ptr = s;
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, s->fd, &ev) != 0)
		fail("epoll_ctl");
}

/* The mark has no part of itself at its end, so this is exact. */
static void
count(struct stream *s, const char *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (data[i] != mark[s->matched])
			s->matched = data[i] == mark[0];
		else
			s->matched++;
		if (s->matched < mark_len)
			continue;
		s->matched = 0;
		s->count++;
		s->last_ms = now_ms();
		if (first_ms <= 0)
			first_ms = s->last_ms;
	}
}

static void
read_stream(struct stream *s)
{
	char data[65536];
	ssize_t n = recv(s->fd, data, sizeof(data), MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		fprintf(stderr, "a stream ended\n");
		epoll_ctl(epoll_fd, EPOLL_CTL_DEL, s->fd, NULL);
		return;
	}
	if (!s->is_open) {
		s->is_open = true;
		n_open++;
	}
	count(s, data, (size_t)n);
}

/* false: nothing came for that long. */
static bool
turn(int ms)
{
	struct epoll_event ev[512];
	int n = epoll_wait(epoll_fd, ev, 512, ms);

	for (int i = 0; i < n; i++)
		read_stream(ev[i].data.ptr);
	return n > 0;
}

static void
open_all(int port)
{
	long i;

	for (i = 0; i < n_streams; i++) {
		open_stream(i, port);
		while (i - n_open > AT_ONCE)
			if (!turn(10000))
				exit(1);
	}
	while (n_open < n_streams && turn(10000))
		continue;
	printf("open %ld\n", n_open);
	fflush(stdout);
}

static int
by_time(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static long
how_many_have(long wanted)
{
	long i, n = 0;

	for (i = 0; i < n_streams; i++)
		n += streams[i].count >= wanted;
	return n;
}

static void
tell(long wanted)
{
	double *times = malloc((size_t)n_streams * sizeof(*times));
	long i, all = 0;

	if (times == NULL)
		exit(1);
	for (i = 0; i < n_streams; i++) {
		times[i] = streams[i].last_ms - first_ms;
		all += streams[i].count;
	}
	qsort(times, (size_t)n_streams, sizeof(*times), by_time);
	printf("%ld %.3f %.3f %ld %.3f\n", how_many_have(wanted),
	    times[n_streams / 2], times[n_streams - 1], all, first_ms);
	fflush(stdout);
	free(times);
}

static void
listen_for(long wanted)
{
	long i;

	for (i = 0; i < n_streams; i++)
		streams[i].count = 0;
	first_ms = 0;
	printf("ready\n");
	fflush(stdout);
	while (how_many_have(wanted) < n_streams)
		for (i = 0; i < 64; i++)
			if (!turn(first_ms > 0 ? 3000 : 10000))
				goto over;
over:
	tell(wanted);
}

static void
read_request(const char *path)
{
	FILE *f = fopen(path, "r");

	if (f == NULL)
		fail(path);
	request_len = fread(request, 1, sizeof(request), f);
	fclose(f);
}

int
main(int argc, char **argv)
{
	struct rlimit files;
	long wanted;

	if (argc != 5)
		return 2;
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	n_streams = atol(argv[2]);
	mark = argv[3];
	mark_len = strlen(mark);
	read_request(argv[4]);
	streams = calloc((size_t)n_streams, sizeof(*streams));
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (streams == NULL || epoll_fd < 0)
		fail("streams");
	open_all(atoi(argv[1]));
	while (scanf("%ld", &wanted) == 1 && wanted > 0)
		listen_for(wanted);
	return 0;
}
