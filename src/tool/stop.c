/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "tool/stop.h"

#include "base/err.h"

#include <signal.h>
#include <string.h>

static volatile sig_atomic_t wanted;

static void
on_signal(int number)
{
	(void)number;
	wanted = 1;
}

void
stop_catch(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_signal;
	action.sa_flags = (int)SA_RESETHAND;
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

bool
stop_wanted(void)
{
	return wanted != 0;
}

int
stop_asked(void *arg)
{
	(void)arg;
	if (!stop_wanted())
		return 0;
	return err_set(E_STOPPED, "stopped; what was done so far stays done");
}
