/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "respond/responder.h"

#include "config.h"

#include "auth/user.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "conf/conf.h"
#include "event/publish.h"
#include "local/db.h"
#include "respond/identify.h"
#include "web/serve.h"

#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 4
#define THREADS_MAX 64
#define STATUS_FAILED 1
#define STATUS_USAGE 2

/*
 * What the process is.  Written before there are threads; the configuration
 * also later, when it could not be used at first: under `lock`.
 */
static struct {
	const struct responder *responder;
	const char *conf_file; /* absolute, or NULL: as conf_load finds it */
	struct conf *conf;     /* NULL: it cannot be used */
	const char *hub;       /* stemma-hub, or NULL: there is none */
	struct mem *mem;
	struct serve_app app;
	pthread_mutex_t lock;
	char trouble[256]; /* the last that was logged; "" for none */
} self = { .lock = PTHREAD_MUTEX_INITIALIZER };

const struct conf *
responder_conf(void)
{
	return self.conf;
}

/* ---- a thread's state ---------------------------------------------------- */

static int
load_conf(void)
{
	int rc;

	if (self.conf != NULL)
		return 0;
	if ((rc = conf_load(self.conf_file, &self.conf)) != 0)
		return rc;
	log_set_level(self.conf->log_level);
	self.app.is_read_public = self.conf->public_read;
	/* Threads and the hub are to read the very same file. */
	if (self.conf_file == NULL)
		self.conf_file = self.conf->file;
	return 0;
}

/* Whoever mends the configuration need not start us again. */
static int
load_conf_locked(void)
{
	int rc;

	pthread_mutex_lock(&self.lock);
	rc = load_conf();
	pthread_mutex_unlock(&self.lock);
	return rc;
}

static void
state_close(struct state *st)
{
	publish_free(st->publisher);
	site_release(&st->site);
	free(st);
}

static int
state_fill(struct state *st)
{
	int rc;

	if ((rc = site_library(&st->site, false)) != 0 ||
	    (rc = site_auth(&st->site, false)) != 0)
		return rc;
	st->place.run_dir = st->site.conf->run_dir;
	st->place.program = self.hub;
	st->place.conf_file = self.conf_file;
	st->publisher = publish_new(&st->place);
	return self.responder->open != NULL ? self.responder->open(st) : 0;
}

/*
 * What is wrong goes to the log, whenever it is another thing than before: a
 * web server that asks every second must not fill it.
 */
static void
log_trouble(int rc)
{
	bool is_new;

	pthread_mutex_lock(&self.lock);
	is_new = strncmp(self.trouble, err_text(), sizeof(self.trouble) - 1) !=
	    0;
	snprintf(self.trouble, sizeof(self.trouble), "%s", err_text());
	pthread_mutex_unlock(&self.lock);
	if (is_new)
		log_line(LOG_ERROR, self.responder->name, "%s code=%s",
		    err_text(), err_name(rc));
}

static void
log_no_trouble(void)
{
	pthread_mutex_lock(&self.lock);
	self.trouble[0] = '\0';
	pthread_mutex_unlock(&self.lock);
}

/* Strangers read this: no paths, no keys. */
static int
tell_trouble(int rc)
{
	log_trouble(rc);
	if (rc == E_ABSENT)
		return err_set(rc,
		    "There is no library here yet: an administrator makes one "
		    "with \"stemma init\"");
	if (rc == E_BUSY)
		return err_set(rc, "The library is busy: try again soon");
	return err_set(rc,
	    "The library cannot be opened: see the log of the "
	    "server");
}

static int
open_state(void *arg, void **site)
{
	struct state *st;
	int rc;

	(void)arg;
	if ((rc = load_conf_locked()) != 0) {
		log_trouble(rc);
		return err_set(rc,
		    "Stemma is not configured: see the log of the server");
	}
	st = xmalloc(sizeof(*st));
	memset(st, 0, sizeof(*st));
	site_init(&st->site, self.conf_file);
	if ((rc = state_fill(st)) != 0) {
		rc = tell_trouble(rc);
		state_close(st);
		return rc;
	}
	log_no_trouble();
	*site = st;
	return 0;
}

static void
close_state(void *site)
{
	struct state *st = site;

	if (self.responder->close != NULL)
		self.responder->close(st);
	state_close(st);
}

static int
start(void *arg, struct loop *loop)
{
	(void)arg;
	return self.responder->start(loop);
}

/* ---- the program --------------------------------------------------------- */

struct options {
	const char *conf_file;
	const char *socket;
	unsigned mode;
	int threads; /* 0: not said */
};

static void
print_help(FILE *to, const char *name)
{
	fprintf(to,
	    "Usage: stemma-%s [-c FILE] [-s SOCKET [-m MODE]] [-t THREADS]\n"
	    "Answer FastCGI requests to the HTTP API of Stemma: %s.\n"
	    "\n"
	    "  -c, --config FILE     read the configuration from FILE\n"
	    "  -s, --socket SOCKET   listen there; else on what the parent\n"
	    "                        gave (systemd, or descriptor 0)\n"
	    "  -m, --mode MODE       of the socket, in octal (660)\n"
	    "  -t, --threads N       answer N requests at once\n"
	    "      --help            print this\n"
	    "      --version         print the version\n",
	    name, name);
}

static bool
wrong(const char *value, const char *wanted)
{
	fprintf(stderr, "stemma-%s: %s: %s; --help tells more\n",
	    self.responder->name, value, wanted);
	return false;
}

static bool
parse_mode(const char *text, unsigned *mode)
{
	char *end;
	unsigned long value = strtoul(text, &end, 8);

	if (*text < '0' || *text > '7' || *end != '\0' || value > 0777)
		return wrong(text, "a mode such as 660 is wanted");
	*mode = (unsigned)value;
	return true;
}

static bool
parse_threads(const char *text, int *threads)
{
	int64_t value;

	if (str_int64(text, &value) != 0 || value < 1 || value > THREADS_MAX)
		return wrong(text,
		    "a number of threads from 1 to 64 is wanted");
	*threads = (int)value;
	return true;
}

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "socket", required_argument, NULL, 's' },
	{ "mode", required_argument, NULL, 'm' },
	{ "threads", required_argument, NULL, 't' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

/* True: go on; false: leave with `status`. */
static bool
parse_one(int c, struct options *o, int *status)
{
	*status = STATUS_USAGE;
	switch (c) {
	case 'c':
		o->conf_file = optarg;
		return true;
	case 's':
		o->socket = optarg;
		return true;
	case 'm':
		return parse_mode(optarg, &o->mode);
	case 't':
		return parse_threads(optarg, &o->threads);
	case 'h':
		print_help(stdout, self.responder->name);
		*status = 0;
		return false;
	case 'V':
		printf("stemma-%s %s\n", self.responder->name, PACKAGE_VERSION);
		*status = 0;
		return false;
	default:
		print_help(stderr, self.responder->name);
		return false;
	}
}

static bool
parse_options(int argc, char **argv, struct options *o, int *status)
{
	int c;

	while (
	    (c = getopt_long(argc, argv, "c:s:m:t:", long_options, NULL)) != -1)
		if (!parse_one(c, o, status))
			return false;
	*status = STATUS_USAGE;
	if (optind < argc)
		return wrong(argv[optind], "no argument is wanted");
	return true;
}

/* The hub may have another working directory than we. */
static const char *
absolute(const char *path)
{
	char *full = path != NULL ? realpath(path, NULL) : NULL;
	const char *answer = path;

	if (full != NULL)
		answer = mem_strdup(self.mem, full);
	free(full);
	return answer;
}

static int
count_threads(const struct options *o, const char *program)
{
	if (self.responder->start != NULL || str_ends(program, ".fcgi"))
		return 1;
	if (o->threads > 0)
		return o->threads;
	return self.responder->threads > 0 ? self.responder->threads : THREADS;
}

static void
fill_app(int threads)
{
	struct serve_app *app = &self.app;

	app->name = self.responder->name;
	app->routes = self.responder->routes;
	app->write_roles = USER_ANNOTATOR | USER_REVIEWER | USER_ADMIN;
	app->admin_roles = USER_ADMIN;
	app->threads = threads;
	app->open = open_state;
	app->close = close_state;
	app->identify = identify;
	app->start = self.responder->start != NULL ? start : NULL;
}

/*
 * A configuration that cannot be used is no reason to end: a web server would
 * start us again and again, and nobody would see why.  Each request is told.
 */
static void
prepare(const struct options *o, const char *program)
{
	char *hub;
	int rc;

	self.conf_file = absolute(o->conf_file);
	if (path_program(self.mem, "stemma-hub", &hub) == 0)
		self.hub = hub;
	fill_app(count_threads(o, program));
	if (self.app.threads > 1)
		db_use_threads();
	if ((rc = load_conf()) != 0)
		log_trouble(rc);
}

static int
serve(const struct options *o)
{
	int fd, rc;

	if ((rc = serve_listen(o->socket, o->mode, &fd)) == 0)
		rc = serve_run(&self.app, fd);
	if (rc == 0)
		return 0;
	log_line(LOG_ERROR, self.responder->name, "%s", err_text());
	return STATUS_FAILED;
}

int
responder_main(int argc, char **argv, const struct responder *r)
{
	struct options o = { .mode = 0660 };
	int status;

	self.responder = r;
	if (!parse_options(argc, argv, &o, &status))
		return status;
	signal(SIGPIPE, SIG_IGN);
	self.mem = mem_new();
	prepare(&o, argc > 0 ? argv[0] : "");
	status = serve(&o);
	conf_free(self.conf);
	mem_free(self.mem);
	return status;
}
