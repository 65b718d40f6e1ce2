/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "web/fcgi.h"

#include "base/clock.h"
#include "base/err.h"
#include "web/fcgi_look.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * A body that trickles keeps a thread: after a minute it must have brought
 * this much for each second.
 */
#define TRICKLE_AFTER_MS 60000
#define TRICKLE_BYTES 1024

#define LINGER_MS 5000

static bool
is_trickle(struct fcgi *f)
{
	int64_t now = clock_mono_ms(), ms;

	if (f->read_since_ms == 0)
		f->read_since_ms = now;
	ms = now - f->read_since_ms;
	return ms > TRICKLE_AFTER_MS &&
	    f->read_bytes / (ms / 1000) < TRICKLE_BYTES;
}

/*
 * What has come, and no waiting for more than the first of it: FCGX_GetStr
 * fills what it is given, however slowly.
 */
static ssize_t
read_body(void *arg, void *data, size_t len)
{
	struct fcgi *f = arg;
	FCGX_Stream *in = f->request.in;
	unsigned char *to = data;
	size_t more;
	int c;

	if (is_trickle(f))
		return err_set(E_INPUT, "the sender is too slow");
	c = FCGX_GetChar(in);
	if (FCGX_GetError(in) != 0)
		return err_set(E_INPUT, "the sender has gone");
	if (c < 0)
		return 0;
	to[0] = (unsigned char)c;
	more = (size_t)(in->stop - in->rdNext);
	if (more > len - 1)
		more = len - 1;
	memcpy(to + 1, in->rdNext, more);
	in->rdNext += more;
	f->read_bytes += (int64_t)more + 1;
	return (ssize_t)more + 1;
}

static int
write_bytes(void *arg, const void *data, size_t len)
{
	struct fcgi *f = arg;
	const char *p = data;

	while (len > 0) {
		int piece = len < INT_MAX ? (int)len : INT_MAX;

		if (FCGX_PutStr(p, piece, f->request.out) != piece)
			return err_set(E_REMOTE, "the client has gone");
		p += piece;
		len -= (size_t)piece;
	}
	return 0;
}

static int
take(void *arg, int *fd, int *request_id)
{
	struct fcgi *f = arg;
	int flags = fcntl(f->fd, F_GETFL);

	if (FCGX_FFlush(f->request.out) != 0)
		return err_set(E_REMOTE, "the client has gone");
	if (flags < 0 || fcntl(f->fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return err_set(E_IO, "fcntl: %s", strerror(errno));
	f->is_taken = true;
	*fd = f->fd;
	*request_id = f->request.requestId;
	return 0;
}

int
fcgi_setup(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	/* How long libfcgi waits, in ms, for the peer of a bad connection. */
	setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "50", 1);
	if (FCGX_Init() != 0)
		return err_set(E_IO, "libfcgi cannot be used");
	sigaction(SIGPIPE, &ignore, NULL);
	return 0;
}

/*
 * No listening socket is lent: where libfcgi closes a bad connection it wants
 * to accept the next, and fails, as it should.  Detached, it closes without
 * waiting for the other side.
 */
int
fcgi_begin(struct fcgi *f, int fd)
{
	int rc = fcgi_wait(fd);

	if (rc != 0) {
		if (rc != E_BUSY)
			close(fd);
		return rc;
	}
	FCGX_InitRequest(&f->request, -1, 0);
	f->request.ipcFd = fd;
	f->request.keepConnection = 1;
	FCGX_Detach(&f->request);
	if (FCGX_Accept_r(&f->request) < 0)
		return err_set(E_REMOTE, "what came is no FastCGI request");
	f->fd = fd;
	f->is_taken = false;
	f->read_since_ms = f->read_bytes = 0;
	f->transport = (struct transport){ read_body, write_bytes, take, f };
	return 0;
}

const char *const *
fcgi_params(const struct fcgi *f)
{
	return (const char *const *)f->request.envp;
}

static bool
finish(struct fcgi *f)
{
	int bad = FCGX_FClose(f->request.err);

	bad |= FCGX_FClose(f->request.out);
	bad |= FCGX_GetError(f->request.in);
	return bad == 0 && f->request.keepConnection != 0;
}

/*
 * The answer is out, and the web server still sends a body that nobody wants.
 * Closed now, it would see an error before it sees the answer, and say 502.
 */
static void
linger(int fd)
{
	struct timeval t = { .tv_sec = 1 };
	int64_t until = clock_mono_ms() + LINGER_MS;
	char waste[16384];

	shutdown(fd, SHUT_WR);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	while (clock_mono_ms() < until && recv(fd, waste, sizeof(waste), 0) > 0)
		;
}

/*
 * The connection is closed without the records that end an answer.  nginx
 * takes even that for the end where connections are not kept, but not after a
 * record of a version that there is not.  lighttpd and mod_fcgid log it, and
 * end the answer to the browser as if it were whole, unless it said its length.
 */
static void
cut(int fd)
{
	static const char no_record[8] = { 0 };

	if (send(fd, no_record, sizeof(no_record),
		MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return; /* it has gone, and cannot be misled */
}

bool
fcgi_end(struct fcgi *f, bool is_cut, bool is_body_over)
{
	bool is_kept = false;

	if (!f->is_taken && !is_cut)
		is_kept = finish(f) && is_body_over;
	FCGX_Free(&f->request, 0);
	if (f->is_taken || is_kept)
		return is_kept;
	if (is_cut)
		cut(f->fd);
	else if (!is_body_over)
		linger(f->fd);
	close(f->fd);
	return false;
}
