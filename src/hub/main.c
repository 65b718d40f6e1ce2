/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "conf/conf.h"
#include "hub/hub.h"

#include <config.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define IDLE_S 3600
#define WATCH_S 100 /* longer than a lock lasts */
#define IDLE_MAX_S (7 * 24 * 3600)
#define FDS_WANTED 2048 /* connections, and what else is open */

enum { STATUS_DONE = 0, STATUS_FAILED = 1, STATUS_USAGE = 2, STATUS_BUSY = 4 };
enum { OPTION_ON_DEMAND = 256, OPTION_IDLE, OPTION_READY, OPTION_WATCH };

static const char usage[] =
    "usage: stemma-hub [-c FILE] [--on-demand] [--idle SECONDS] [--ready FD]\n"
    "\n"
    "Hands events from those who tell to those who listen, and starts syncs.\n"
    "\n"
    "  -c, --config FILE   read the configuration from FILE\n"
    "      --on-demand     end when nobody needs it for an hour\n"
    "      --idle SECONDS  or for so long\n"
    "      --ready FD      write a byte to FD when it listens\n"
    "      --watch SECONDS look at the locks of other replicas for so long\n"
    "                      after somebody had a document open\n"
    "  -h, --help          print this\n"
    "  -V, --version       print the version\n";

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "on-demand", no_argument, NULL, OPTION_ON_DEMAND },
	{ "idle", required_argument, NULL, OPTION_IDLE },
	{ "ready", required_argument, NULL, OPTION_READY },
	{ "watch", required_argument, NULL, OPTION_WATCH },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static void __attribute__((noreturn)) wrong_usage(void)
{
	fputs(usage, stderr);
	exit(STATUS_USAGE);
}

static int64_t
number(const char *text, int64_t low, int64_t high)
{
	int64_t n;

	if (str_int64(text, &n) != 0 || n < low || n > high)
		wrong_usage();
	return n;
}

static void __attribute__((noreturn)) print(const char *text)
{
	exit(fputs(text, stdout) >= 0 && fflush(stdout) == 0 ? STATUS_DONE
							     : STATUS_FAILED);
}

static const char *
parse(int argc, char **argv, struct hub_options *o)
{
	const char *conf_file = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "c:hV", options, NULL)) != -1)
		switch (c) {
		case 'c':
			conf_file = optarg;
			break;
		case OPTION_ON_DEMAND:
			o->is_on_demand = true;
			break;
		case OPTION_IDLE:
			o->idle_ms = 1000 * number(optarg, 1, IDLE_MAX_S);
			break;
		case OPTION_READY:
			o->ready_fd = (int)number(optarg, 3, 1023);
			break;
		case OPTION_WATCH:
			o->watch_ms = 1000 * number(optarg, 1, IDLE_MAX_S);
			break;
		case 'h':
			print(usage);
		case 'V':
			print("stemma-hub " PACKAGE_VERSION "\n");
		default:
			wrong_usage();
		}
	if (optind < argc)
		wrong_usage();
	return conf_file;
}

/* Its own limit may be lower than what it lets in. */
static void
raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
	    limit.rlim_cur >= FDS_WANTED)
		return;
	limit.rlim_cur = limit.rlim_max < FDS_WANTED ? limit.rlim_max
						     : FDS_WANTED;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* The sync finds the same file from another folder. */
static int
run(struct mem *mem, const char *conf_file, struct hub_options *o)
{
	struct conf *conf;
	char *program, *file = NULL;
	int rc;

	if ((rc = conf_load(conf_file, &conf)) != 0)
		return rc;
	log_set_level(conf->log_level);
	if (conf->file != NULL)
		file = realpath(conf->file, NULL);
	o->conf_file = file;
	rc = path_program(mem, "stemma", &program);
	o->program = program;
	if (rc == 0 && chdir("/") != 0)
		rc = err_set(E_IO, "chdir");
	if (rc == 0)
		rc = hub_run(conf, o);
	free(file);
	conf_free(conf);
	return rc;
}

int
main(int argc, char **argv)
{
	struct hub_options o = { .idle_ms = IDLE_S * 1000,
		.watch_ms = WATCH_S * 1000,
		.ready_fd = -1 };
	const char *conf_file = parse(argc, argv, &o);
	struct mem *mem = mem_new();
	int rc;

	signal(SIGPIPE, SIG_IGN);
	umask(027);
	raise_limit();
	rc = run(mem, conf_file, &o);
	if (rc != 0)
		log_line(LOG_ERROR, "hub", "%s", err_text());
	mem_free(mem);
	return rc == 0     ? STATUS_DONE
	    : rc == E_BUSY ? STATUS_BUSY
			   : STATUS_FAILED;
}
