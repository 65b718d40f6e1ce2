#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Stemma authors
#
# One request at a time: mod_fcgid starts as many as it needs.
exec "@pkglibexecdir@/stemma-auth" -t 1 -c "@sysconfdir@/stemma/stemma.conf"
