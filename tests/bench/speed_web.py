# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Stemma authors
"""How fast the web side is: ratios against the same server and loop that do
less, or against the web server alone, in one run on one machine."""

import http.client
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import time

import harness
from fill import fill
from harness import check, free_port, spawn, tei
from web import WebServer

MIB = 1 << 20
CONNECTIONS = 64
SECONDS = 6


def wrk(url, session=None, connections=CONNECTIONS, seconds=SECONDS):
    """Requests per second; every answer must be a 2xx."""
    if not shutil.which("wrk"):
        raise harness.Skip("wrk is not installed (Debian: wrk)")
    command = ["wrk", "-t", "2", "-c", str(connections), "-d",
               "%ds" % seconds, "--timeout", "10s"]
    if session:
        command += ["-H", "X-Session-Id: " + session]
    done = subprocess.run(command + [url], capture_output=True, text=True)
    check(done.returncode == 0, done.stderr)
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
    check(not bad, "%s: %s" % (url, bad and bad.group()))
    errors = re.search(r"Socket errors: .*", done.stdout)
    if errors:
        print("    %s: %s" % (url, errors.group()))
    return float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout).group(1))


def best(function, times=3):
    return max(function() for _ in range(times))


def size_of(web, path, session):
    status, _, body = web.request("GET", path, session=session)
    check(status == 200, "%s: %d %r" % (path, status, body[:200]))
    return len(body)


def anonymous_kib(pid):
    with open("/proc/%d/status" % pid) as f:
        found = re.search(r"RssAnon:\s+(\d+) kB", f.read())
    return int(found.group(1))


def wakeups(pid):
    """How often all threads of a process went to sleep by themselves."""
    n = 0
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/status" % (pid, task)) as f:
            n += int(re.search(r"\nvoluntary_ctxt_switches:\s+(\d+)",
                               f.read()).group(1))
    return n


class Web:
    """A replica behind nginx, and beside it what ratios are taken against."""

    def __init__(self, bench, world, replica, limit=None):
        self.bench = bench
        self.web = WebServer("nginx", replica, limit=limit)
        self.web.add_user("bench", "bench", ("annotator", "admin"))
        self.session = self.web.login("bench", "bench")
        self.base = "http://127.0.0.1:%d/api/v1" % self.web.port
        self.world = world
        self.constant = None

    def request(self, *args, **kw):
        return self.web.request(*args, session=self.session, **kw)

    def start_constant(self):
        """The same loop printing a constant, behind an nginx like ours."""
        folder = os.path.join(self.world.folder, "constant-%d" % free_port())
        os.makedirs(folder)
        sock = os.path.join(folder, "constant.sock")
        log = open(os.path.join(folder, "log"), "w")
        spawn([self.bench.tool("constant"), sock, "4"], stdout=log,
              stderr=log, stdin=subprocess.DEVNULL)
        port = free_port()
        conf = os.path.join(folder, "nginx.conf")
        with open(conf, "w") as f:
            f.write("daemon off; worker_processes 2; pid %s/pid;\n"
                    "error_log %s/error.log;\n%s\n"
                    "events { worker_connections 1024; }\n"
                    "http { access_log %s/access.log; "
                    "upstream c { server unix:%s; keepalive 64; }\n"
                    "server { listen 127.0.0.1:%d;\n"
                    "location /static/ { alias %s/; }\n"
                    "location /dav/ { root %s; dav_methods PUT; "
                    "create_full_put_path on; client_max_body_size 0; "
                    "client_body_temp_path %s/tmp; }\n"
                    "location / { include /etc/nginx/fastcgi_params; "
                    "fastcgi_keep_conn on; fastcgi_pass c; } } }\n" % (
                        folder, folder,
                        "user root;" if os.geteuid() == 0 else "",
                        folder, sock, port, folder, folder, folder))
        spawn(["nginx", "-c", conf, "-p", folder, "-e",
               os.path.join(folder, "error.log")], stdout=log, stderr=log,
              stdin=subprocess.DEVNULL)
        self.constant = "http://127.0.0.1:%d" % port
        self.constant_folder = folder
        self.constant_port = port
        wait_for(port)


def wait_for(port):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.05)
    raise harness.Failed("nothing listens on %d" % port)


# ---- small answers ----------------------------------------------------------

def bench_web_status(bench):
    """GET /sync/status at 1,000 and at a million records."""
    world = bench.world("web-status", "file")
    many = bench.few(1000000)
    rates = []
    constant = 0
    for name, n in (("few", 1000), ("many", many)):
        replica = world.replica(name)
        fill(os.path.join(replica.path("db"), "library.db"), n)
        w = Web(bench, world, replica)
        w.start_constant()
        size = size_of(w.web, "/api/v1/sync/status", w.session)
        constant = best(lambda: wrk("%s/api/constant/%d" % (w.constant,
                                                            size)))
        rates.append(best(lambda: wrk(w.base + "/sync/status",
                                      w.session)) / constant)
        w.web.stop()
    bench.row("GET /sync/status through nginx, 64 connections, at 1,000 and "
              "%d records" % many,
              "at least 0.6 of a constant answer, the same at both",
              "%.2f and %.2f (constant %.0f/s)" % (rates[0], rates[1],
                                                   constant),
              min(rates) >= 0.6 and rates[1] >= 0.8 * rates[0])
    world.close()


def bench_web_list(bench):
    n = bench.few(100000)
    world = bench.world("web-list", "file")
    replica = world.replica("anna")
    fill(os.path.join(replica.path("db"), "library.db"), n)
    w = Web(bench, world, replica)
    w.start_constant()
    path = "/files/list?limit=50"
    size = size_of(w.web, "/api/v1" + path, w.session)
    constant = best(lambda: wrk("%s/api/constant/%d" % (w.constant, size)))
    ours = best(lambda: wrk(w.base + path, w.session))
    bench.row("GET /files/list?limit=50 at %d records (%.1f KiB)" % (
        n, size / 1024), "at most 3 times a constant answer of that size",
        "%.1f times (%.0f/s, constant %.0f/s)" % (constant / ours, ours,
                                                  constant),
        constant / ours <= 3)
    world.close()


# ---- files --------------------------------------------------------------------

def get_all(port, path, session=None):
    """Seconds for a whole answer, thrown away, and its length."""
    headers = {"X-Session-Id": session} if session else {}
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    begun = time.monotonic()
    c.request("GET", path, headers=headers)
    r = c.getresponse()
    view = memoryview(bytearray(MIB))
    got = 0
    while True:
        n = r.readinto(view)
        if not n:
            break
        got += n
    seconds = time.monotonic() - begun
    check(r.status == 200, "%s: %d" % (path, r.status))
    c.close()
    return seconds, got


def bench_web_download(bench):
    world = bench.world("web-download", "file")
    replica = world.replica("anna")
    size = bench.few(100) * MIB
    big = replica.path("in", "big.pdf")
    with open(big, "wb") as f:
        f.write(b"%PDF-1.4\n" + os.urandom(size - 9))
    small = tei("small").ljust(4096)[:4096].rstrip() + "\n"
    big_id = replica.json("import", big)["stable_id"]
    small_id = replica.add("small.tei.xml", small)
    w = Web(bench, world, replica)
    w.start_constant()
    shutil.copy(big, w.constant_folder)
    with open(os.path.join(w.constant_folder, "small.xml"), "w") as f:
        f.write(small)
    plain = min(get_all(w.constant_port, "/static/big.pdf")[0]
                for _ in range(7))
    ours, got = min(get_all(w.web.port, "/api/v1/files/" + big_id,
                            w.session) for _ in range(7))
    check(got == size, "%d bytes of %d" % (got, size))
    bench.row("GET /files/{id} of %d MiB with X-Accel-Redirect" %
              (size // MIB), "at least 0.95 of nginx serving the file",
              "%.2f (%.0f MiB/s, nginx %.0f MiB/s)" % (
                  plain / ours, size / ours / MIB, size / plain / MIB),
              plain / ours >= 0.95)
    plain = best(lambda: wrk(w.constant + "/static/small.xml"))
    ours = best(lambda: wrk(w.base + "/files/" + small_id, w.session))
    bench.row("GET /files/{id} of 4 KiB", "at least 0.5 of nginx",
              "%.2f (%.0f/s, nginx %.0f/s)" % (ours / plain, ours, plain),
              ours / plain >= 0.5)
    world.close()


def send_file(port, method, path, name, head, tail, headers):
    """Seconds until the answer to a request with a file in its body."""
    size = os.path.getsize(name) + len(head) + len(tail)
    lines = ["%s %s HTTP/1.1" % (method, path), "Host: 127.0.0.1",
             "Content-Length: %d" % size, "Connection: close"]
    lines += ["%s: %s" % h for h in headers.items()]
    begun = time.monotonic()
    s = socket.create_connection(("127.0.0.1", port))
    s.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + head)
    with open(name, "rb") as f:
        s.sendfile(f)
    s.sendall(tail)
    answer = b""
    while True:
        got = s.recv(65536)
        if not got:
            break
        answer += got
    s.close()
    check(answer.split(b" ")[1][:1] == b"2", answer[:300])
    return time.monotonic() - begun


def bench_web_upload(bench):
    world = bench.world("web-upload", "file")
    replica = world.replica("anna")
    size = bench.few(500) * MIB
    w = Web(bench, world, replica)
    w.start_constant()
    theirs, ours = [], []
    for i in range(3):
        name = replica.path("in", "big-%d.pdf" % i)
        with open(name, "wb") as f:
            f.write(b"%PDF-1.4\n" + b"%d" % i)
            for _ in range(size // MIB):
                f.write(os.urandom(MIB))
        os.sync()
        begun = time.monotonic()
        send_file(w.constant_port, "PUT", "/dav/%d.pdf" % i, name, b"", b"",
                  {})
        put = os.path.join(w.constant_folder, "dav", "%d.pdf" % i)
        subprocess.run(["sha256sum", put], check=True,
                       stdout=subprocess.DEVNULL)
        theirs.append(time.monotonic() - begun)
        os.sync()
        head = (b"--XX\r\nContent-Disposition: form-data; name=\"file\"; "
                b"filename=\"big.pdf\"\r\n"
                b"Content-Type: application/pdf\r\n\r\n")
        ours.append(send_file(
            w.web.port, "POST", "/api/v1/files/upload", name, head,
            b"\r\n--XX--\r\n",
            {"X-Session-Id": w.session,
             "Content-Type": "multipart/form-data; boundary=XX"}))
    anon = max(anonymous_kib(pid) for pid in w.web.pids("upload"))
    ratio = min(theirs) / min(ours)
    bench.row("upload of %d MiB" % (size // MIB),
              "at least 0.6 of nginx's PUT and sha256sum; 16 MiB",
              "%.2f (%.2f s, they %.2f s), %.1f MiB anonymous" % (
                  ratio, min(ours), min(theirs), anon / 1024),
              ratio >= 0.6 and anon <= 16 * 1024)
    world.close()


# ---- events ---------------------------------------------------------------------

class Streams:
    """tests/bench/streams: n connections that wait for events."""

    def __init__(self, bench, world, port, n, mark, path, headers):
        name = os.path.join(world.folder, "request-%d" % port)
        with open(name, "w", newline="") as f:
            f.write("GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n" % path)
            for header in headers.items():
                f.write("%s: %s\r\n" % header)
            f.write("\r\n")
        self.process = spawn(
            [bench.tool("streams"), str(port), str(n), mark, name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.read = self.process.stdout.readline
        opened = self.read().split()
        check(opened == ["open", str(n)], "streams opened: %s" % opened)

    def events(self, n, publish):
        """Median and last ms from just before `publish`, and how many
        streams have all."""
        self.process.stdin.write("%d\n" % n)
        self.process.stdin.flush()
        check(self.read().strip() == "ready", "streams are not ready")
        begun = time.monotonic() * 1000
        publish()
        have, median, last, _, first = self.read().split()
        ahead = float(first) - begun
        return float(median) + ahead, float(last) + ahead, int(have)

    def end(self):
        self.process.stdin.write("0\n")
        self.process.stdin.close()
        self.process.wait()


NCHAN = """
daemon off; worker_processes 2; worker_rlimit_nofile 20000;
load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
pid %(folder)s/pid; error_log %(folder)s/error.log; %(user)s
events { worker_connections 15000; }
http { access_log off; nchan_max_reserved_memory 64M;
server { listen 127.0.0.1:%(port)d;
location = /pub { nchan_publisher; nchan_channel_id c; }
location = /sub { nchan_subscriber eventsource; nchan_channel_id c; } } }
"""


def bench_nchan(bench, world, n):
    """The median of an event to n streams of nchan; None: not here."""
    if not os.path.exists("/usr/lib/nginx/modules/ngx_nchan_module.so"):
        return None
    port = free_port()
    folder = os.path.join(world.folder, "nchan")
    os.makedirs(folder)
    with open(os.path.join(folder, "nginx.conf"), "w") as f:
        f.write(NCHAN % {"folder": folder, "port": port, "user":
                         "user root;" if os.geteuid() == 0 else ""})
    server = spawn(["nginx", "-c", os.path.join(folder, "nginx.conf"), "-p",
                    folder, "-e", os.path.join(folder, "error.log")])
    wait_for(port)

    def publish():
        c = http.client.HTTPConnection("127.0.0.1", port)
        c.request("POST", "/pub", b"MARK")
        check(c.getresponse().status in (200, 201, 202), "nchan")

    # The first message also gives each stream its answer's headers.
    streams = Streams(bench, world, port, n, "MARK", "/sub",
                      {"Accept": "text/event-stream"})
    medians = [streams.events(1, publish)[0] for _ in range(5)]
    streams.end()
    harness.end(server)
    return statistics.median(medians)


def bench_web_events(bench):
    n = bench.few(10000)
    world = bench.world("web-events", "file")
    replica = world.replica("anna")
    w = Web(bench, world, replica, limit=20000)
    pid, = w.web.pids("events")
    before = anonymous_kib(pid)
    streams = Streams(bench, world, w.web.port, n, "MARK",
                      "/api/v1/sse/subscribe", {"X-Session-Id": w.session})
    kib = (anonymous_kib(pid) - before) / n

    def echo(count):
        def publish():
            status, _, body = w.request(
                "POST", "/api/v1/sse/test/echo",
                json.dumps(["MARK"] * count).encode(),
                headers={"Content-Type": "application/json"})
            check(status == 200, body)
        return publish

    results = [streams.events(1, echo(1)) for _ in range(7)]
    have = min(r[2] for r in results)
    median = statistics.median(r[0] for r in results)
    last = statistics.median(r[1] for r in results)
    many, whole = bench.few(1000), n

    def a_thousand():
        for _ in range(many // 10):
            echo(10)()
            time.sleep(0.1)

    whole = streams.events(many, a_thousand)[2]
    streams.end()
    nchan = bench_nchan(bench, world, n)
    bench.row("%d event streams through nginx" % n,
              "1 KiB each, 200 ms at the median, none lost in 1,000",
              "%.2f KiB, %.0f ms (the last %.0f ms, nchan %s), %d of %d "
              "streams have all of %d events" % (
                  kib, median, last,
                  "not here" if nchan is None else "%.0f ms" % nchan,
                  whole, n, many),
              kib <= 1 and median <= 200 and have == n and whole == n)
    world.close()


def bench_hub(bench):
    """From publishing to receiving, one subscriber."""
    world = bench.world("hub", "file")
    replica = world.replica("anna")
    w = Web(bench, world, replica)
    w.request("GET", "/api/v1/sse/poll?since=")
    path = replica.path("run", "hub.sock")
    sub, pub = (socket.socket(socket.AF_UNIX) for _ in range(2))
    for s in (sub, pub):
        s.connect(path)
    heard = sub.makefile("rb")
    heard.readline()
    pub.makefile("rb").readline()
    sub.sendall(b'{"subscribe":{}}\n')
    heard.readline()
    times = []
    for i in range(2000):
        begun = time.monotonic()
        pub.sendall(b'{"publish":{"name":"test","data":"n%d","user":'
                    b'"bench"}}\n' % i)
        check(b'"n%d"' % i in heard.readline(), "another event")
        times.append((time.monotonic() - begun) * 1000)
    bench.row("hub: published to received, one subscriber",
              "at most 1 ms at the median", "%.3f ms" %
              statistics.median(times), statistics.median(times) <= 1)
    world.close()


def bench_web_idle(bench):
    """What responders cost when nobody asks."""
    world = bench.world("web-idle", "file")
    replica = world.replica("anna")
    replica.add("one.tei.xml", tei("one"))
    w = Web(bench, world, replica)
    for path in ("/auth/status", "/files/list", "/sync/status", "/health",
                 "/sse/poll?since="):
        w.request("GET", "/api/v1" + path)
    time.sleep(1)
    names = ("auth", "files", "upload", "status", "sync", "events")
    pids = {name: w.web.pids(name)[0] for name in names}
    before = {name: wakeups(pid) for name, pid in pids.items()}
    seconds = 20
    time.sleep(seconds)
    woken = {name: wakeups(pid) - before[name]
             for name, pid in pids.items()}
    memory = {name: anonymous_kib(pid) / 1024 for name, pid in pids.items()}
    bench.row("idle responders", "no wake-ups in %d s, 8 MiB each" % seconds,
              ", ".join("%s %d, %.1f MiB" % (name, woken[name], memory[name])
                        for name in names),
              sum(woken.values()) == 0 and max(memory.values()) <= 8)
    world.close()


BENCHES = (bench_web_status, bench_web_list, bench_web_download,
           bench_web_upload, bench_web_events, bench_hub, bench_web_idle)
