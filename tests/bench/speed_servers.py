# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Stemma authors
"""A first push and pull on each server, beside rclone sync of the same files
to the same server."""

import os
import subprocess
import time

from harness import OTHERS, USUAL, Failed, Skip, check, tei

AT_ONCE = "8"


def files(folder, n):
    """n TEI files of about 4 KiB, all different."""
    os.makedirs(folder)
    for i in range(n):
        doc = "doc-%06d" % i
        with open(os.path.join(folder, doc + ".tei.xml"), "w") as f:
            f.write(tei(doc, [os.urandom(1800).hex()]))


def rclone_environment(server):
    hidden = subprocess.run(["rclone", "obscure", server.password],
                            check=True, capture_output=True, text=True)
    return dict(os.environ, RCLONE_CONFIG="/dev/null",
                RCLONE_CONFIG_X_TYPE="webdav",
                RCLONE_CONFIG_X_VENDOR="other",
                RCLONE_CONFIG_X_URL="http://127.0.0.1:%d" % server.port,
                RCLONE_CONFIG_X_USER=server.user,
                RCLONE_CONFIG_X_PASS=hidden.stdout.strip())


def rclone_seconds(server, source, target):
    begun = time.monotonic()
    subprocess.run(["rclone", "sync", source, target, "--transfers", AT_ONCE,
                    "--checkers", AT_ONCE], check=True,
                   capture_output=True, env=rclone_environment(server))
    return time.monotonic() - begun


def seconds(function):
    begun = time.monotonic()
    function()
    return time.monotonic() - begun


def on_server(bench, kind, n):
    world = bench.world("speed-" + kind, kind)
    try:
        top = os.path.join(world.folder, "files")
        files(top, n)
        anna, ben = world.pair()
        server = world.store.server
        up = rclone_seconds(server, top, "x:rclone")
        down = rclone_seconds(server, "x:rclone", top + "-back")
        anna.ok("import", top, timeout=600)
        push = seconds(lambda: anna.sync(timeout=3600))
        pull = seconds(lambda: ben.sync(timeout=3600))
        check(len(ben.ids()) == n, "not all arrived")
    finally:
        world.close()
    for what, theirs, ours in (("push", up, push), ("pull", down, pull)):
        bench.row("first %s of %d files of 4 KiB, %s" % (what, n, kind),
                  "at least 0.7 of rclone sync",
                  "%.2f (%.0f/s, rclone %.0f/s)" % (
                      theirs / ours, n / ours, n / theirs),
                  theirs / ours >= 0.7)


def bench_servers(bench):
    for kind in USUAL + OTHERS:
        try:
            on_server(bench, kind, bench.few(1000))
        except (Skip, Failed) as e:
            bench.row("speed of " + kind, "to be measured", str(e), False)


BENCHES = (bench_servers,)
