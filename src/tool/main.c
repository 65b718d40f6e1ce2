/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "config.h"

#include <stdio.h>

int
main(void)
{
	puts("stemma " PACKAGE_VERSION);
	return 0;
}
