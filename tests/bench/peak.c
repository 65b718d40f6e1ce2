/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * peak FILE COMMAND... - run a command and write to FILE the most memory that
 * it alone held at once, in KiB (its children do not count); answer its exit
 * status.  A program of its own, since what a process held before it became
 * another program counts too: this one is small.
 */
int
main(int argc, char **argv)
{
	struct rusage used;
	FILE *file;
	pid_t pid;
	int status;

	if (argc < 3)
		return 2;
	if ((pid = fork()) == 0) {
		execvp(argv[2], argv + 2);
		fprintf(stderr, "%s: %s\n", argv[2], strerror(errno));
		_exit(127);
	}
	if (pid == -1 || wait4(pid, &status, 0, &used) != pid)
		return 126;
	if ((file = fopen(argv[1], "we")) == NULL)
		return 126;
	fprintf(file, "%ld\n", used.ru_maxrss);
	if (fclose(file) != 0)
		return 126;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}
