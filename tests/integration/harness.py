# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Stemma authors
"""What every integration test stands on: real servers, replicas as separate
processes, and a small runner.  Python's own library only.

A test file registers functions with @test and ends with main().  Each test
gets a World: a folder of its own, a store, and as many replicas as it asks
for.  Whatever happens, all processes that were started here are ended by
their number and the folder goes.
"""

import argparse
import base64
import ctypes
import fnmatch
import hashlib
import http.client
import json
import os
import pwd
import random
import re
import secrets
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
import traceback

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
USUAL = ("lighttpd", "apache", "nginx")
# Those of servers.py.  Each must be there but WsgiDAV.  S3 is one of them, and
# no WebDAV server: what is said of these alone is not asked of it.
S3 = ("s3",)
OTHERS = ("nginx-lock", "rclone", "sabre", "webdav-server", "wsgidav")


def chosen_servers():
    """STEMMA_TEST_SERVERS names some; tests/run --all-servers means all."""
    named = os.environ.get("STEMMA_TEST_SERVERS")
    if named is not None:
        return tuple(named.replace(",", " ").split())
    return USUAL + S3 + OTHERS * (os.environ.get("STEMMA_ALL_SERVERS") == "1")


SERVERS = chosen_servers()
KINDS = ("file",) + SERVERS
DEBUG = bool(os.environ.get("STEMMA_TEST_DEBUG"))


class Skip(Exception):
    """This machine cannot run that test; the text says why."""


class Failed(AssertionError):
    """A fact that does not hold."""


def check(fact, text):
    """Fail with `text` unless `fact`."""
    if not fact:
        raise Failed(text)


def equal(got, want, text):
    """Fail unless both are the same, and show both."""
    if got != want:
        raise Failed("%s: got %s, want %s" % (text, brief(got), brief(want)))


def brief_args(args):
    text = " ".join(args)
    return text if len(text) < 200 else text[:200] + "..."


def brief(value):
    text = repr(value)
    return text if len(text) < 600 else text[:600] + "..."


def stemma_program():
    """The program under test: $STEMMA, or the build folder's."""
    path = os.environ.get("STEMMA")
    candidates = [path] if path else [
        os.path.join(TOP, "build", "stemma"),
        os.path.join(TOP, "build", "src", "tool", "stemma"),
        os.path.join(TOP, "src", "tool", "stemma")]
    for one in candidates:
        if os.access(one, os.X_OK):
            return os.path.abspath(one)
    sys.exit("no stemma program: set STEMMA (tried %s)" %
             ", ".join(candidates))


# ---- processes ------------------------------------------------------------

LIBC = ctypes.CDLL(None)


def die_with_parent():
    """In a child: end when the test's process ends, however it ends."""
    LIBC.prctl(1, signal.SIGTERM)


def spawn(args, **kw):
    """Start a program that leads a process group of its own."""
    process = subprocess.Popen(args, start_new_session=True, **kw)
    LIVING.append(process)
    return process


LIVING = []


def end(process, sig=signal.SIGTERM, patience=10):
    """End a process by its number and wait for it."""
    if process.poll() is None:
        process.send_signal(sig)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process in LIVING:
        LIVING.remove(process)
        end_group(process.pid)


def end_group(leader):
    """End what a process that led a group of its own has left behind."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def end_all():
    for process in list(LIVING):
        end(process)


def connect_unix(s, path):
    """Connect to a socket whose path may be longer than 107 bytes."""
    folder = os.open(os.path.dirname(path), os.O_PATH | os.O_DIRECTORY)
    try:
        s.connect("/proc/self/fd/%d/%s" % (folder, os.path.basename(path)))
    finally:
        os.close(folder)


def is_running(pid):
    """A process that nobody has waited for is over all the same."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def end_pid(pid, sig=signal.SIGTERM, patience=10):
    """End a process that is not our child, and wait until it is over."""
    deadline = time.monotonic() + patience
    try:
        os.kill(pid, sig)
        while is_running(pid):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)
    except ProcessLookupError:
        pass


def end_hubs_below(folder):
    """Hubs that were started on demand are nobody's children."""
    for pid in [int(n) for n in os.listdir("/proc") if n.isdigit()]:
        try:
            with open("/proc/%d/cmdline" % pid) as f:
                args = f.read().split("\0")
        except OSError:
            continue
        if os.path.basename(args[0]) == "stemma-hub" and any(
                a.startswith(folder + "/") for a in args):
            end_pid(pid)


def free_port():
    """A port of loopback that was free a moment ago."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Failed("not in %g s: %s" % (seconds, what))
        time.sleep(0.01)


# ---- servers --------------------------------------------------------------

LIGHTTPD = """
server.modules = ("mod_auth", "mod_authn_file", "mod_webdav",
    "mod_accesslog")
server.bind = "127.0.0.1"
server.port = {port}
server.document-root = "{root}"
server.errorlog = "{log}"
accesslog.filename = "{access}"
server.upload-dirs = ("{tmp}")
server.max-request-size = 0
server.max-keep-alive-requests = 10000
server.stat-cache-engine = "disable"
mimetype.assign = ("" => "application/octet-stream")
{user_line}
auth.backend = "plain"
auth.backend.plain.userfile = "{passwd}"
auth.require = ("/" => ("method" => "basic", "realm" => "test",
    "require" => "valid-user"))
webdav.activate = "enable"
webdav.is-readonly = "disable"
webdav.sqlite-db-name = "{run}/webdav.db"
"""

APACHE = """
ServerRoot "{run}"
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authn_core_module {modules}/mod_authn_core.so
LoadModule authn_file_module {modules}/mod_authn_file.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule authz_user_module {modules}/mod_authz_user.so
LoadModule auth_basic_module {modules}/mod_auth_basic.so
LoadModule dav_module {modules}/mod_dav.so
LoadModule dav_fs_module {modules}/mod_dav_fs.so
PidFile "{run}/apache.pid"
ErrorLog "{log}"
LogFormat "%h %u \\"%r\\" %>s" short
CustomLog "{access}" short
Mutex file:{run} default
StartServers 1
KeepAlive On
MaxKeepAliveRequests 0
LimitRequestBody 0
{user_line}
DocumentRoot "{root}"
DavLockDB "{run}/davlock"
<Directory "{root}">
    Dav On
    AuthType Basic
    AuthName test
    AuthUserFile "{passwd}"
    Require valid-user
</Directory>
"""

NGINX = """
daemon off;
load_module {modules}/ngx_http_dav_ext_module.so;
worker_processes 2;
pid {run}/nginx.pid;
error_log {log} warn;
{user_line}
events {{ worker_connections 512; }}
http {{
    log_format short '$remote_addr $remote_user "$request" $status';
    access_log {access} short;
    client_body_temp_path {tmp};
    proxy_temp_path {run}/proxy;
    fastcgi_temp_path {run}/fastcgi;
    uwsgi_temp_path {run}/uwsgi;
    scgi_temp_path {run}/scgi;
    client_max_body_size 0;
    keepalive_requests 100000;
    default_type application/octet-stream;
    server {{
        listen 127.0.0.1:{port};
        root {root};
        location / {{
            dav_methods PUT DELETE MKCOL COPY MOVE;
            dav_ext_methods PROPFIND OPTIONS;
            dav_access user:rw group:r;
            auth_basic test;
            auth_basic_user_file {passwd};
        }}
    }}
}}
"""


class Server:
    """One real WebDAV server on loopback, in a folder of its own."""

    PROGRAM = {"lighttpd": "lighttpd", "apache": "apache2",
               "nginx": "nginx"}
    MODULES = {"apache": ["/usr/lib/apache2/modules"],
               "nginx": ["/usr/lib/nginx/modules"],
               "lighttpd": ["/usr/lib/lighttpd"]}
    NEEDED = {"apache": "mod_dav_fs.so", "lighttpd": "mod_webdav.so",
              "nginx": "ngx_http_dav_ext_module.so"}

    def __init__(self, kind, folder, root=None):
        self.kind = kind
        self.folder = folder
        self.program = self.find_program()
        self.user = "writer"
        self.password = secrets.token_urlsafe(12)
        self.root = root or os.path.join(folder, "root")
        self.log = os.path.join(folder, "error.log")
        self.access = os.path.join(folder, "access.log")
        self.process = None
        self.port = None
        os.makedirs(folder)
        os.chmod(folder, 0o755)
        for path in (self.root, self.path("tmp"), self.path("run")):
            os.makedirs(path, exist_ok=True)
            give_to_server(path)
        self.start()

    def find_program(self):
        name = self.PROGRAM[self.kind]
        path = shutil.which(name) or shutil.which(
            name, path="/usr/sbin:/sbin")
        if not path:
            raise Failed("%s is not installed" % name)
        for folder in self.MODULES[self.kind]:
            if os.path.exists(os.path.join(folder, self.NEEDED[self.kind])):
                self.modules = folder
                return path
        raise Failed("%s has no %s" % (name, self.NEEDED[self.kind]))

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write_passwords(self):
        digest = base64.b64encode(hashlib.sha1(
            self.password.encode()).digest()).decode()
        secret = self.password if self.kind == "lighttpd" \
            else "{SHA}" + digest
        with open(self.path("passwd"), "w") as f:
            f.write("%s:%s\n" % (self.user, secret))
        os.chmod(self.path("passwd"), 0o644)

    def write_config(self):
        text = {"lighttpd": LIGHTTPD, "apache": APACHE,
                "nginx": NGINX}[self.kind]
        lines = {"lighttpd": 'server.username = "www-data"\n'
                 'server.groupname = "www-data"',
                 "apache": "User www-data\nGroup www-data",
                 "nginx": "user www-data;"}
        with open(self.path("conf"), "w") as f:
            f.write(text.format(
                port=self.port, root=self.root, log=self.log,
                access=self.access, tmp=self.path("tmp"),
                run=self.path("run"), passwd=self.path("passwd"),
                modules=self.modules,
                user_line=lines[self.kind] if os.geteuid() == 0 else ""))

    def command(self):
        conf = self.path("conf")
        return {"lighttpd": [self.program, "-D", "-f", conf],
                "apache": [self.program, "-DFOREGROUND", "-f", conf],
                "nginx": [self.program, "-c", conf, "-p", self.folder,
                          "-e", self.log]}[self.kind]

    def start(self, port=None):
        """Start it, on a new port unless one is given."""
        self.write_passwords()
        for path in (self.log, self.access):
            open(path, "a").close()
            give_to_server(path)
        for _ in range(20):
            self.port = port or free_port()
            self.write_config()
            if self.start_once():
                return
        raise Failed("%s does not start:\n%s" % (self.kind, self.tail()))

    def spawn_it(self):
        with open(self.path("out"), "ab") as out:
            return spawn(self.command(), stdin=subprocess.DEVNULL,
                         stdout=out, stderr=out,
                         preexec_fn=die_with_parent)

    def start_once(self):
        self.process = self.spawn_it()
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            if self.answers():
                return True
            time.sleep(0.02)
        end(self.process)
        time.sleep(0.2)
        return False

    def answers(self):
        """Does it answer, and is it ours (it knows our password)?"""
        return self.answers_to("PROPFIND", 207)

    def answers_to(self, method, want):
        """Is the answer that status?  None: any will do."""
        try:
            c = http.client.HTTPConnection("127.0.0.1", self.port,
                                           timeout=5)
            c.request(method, "/", headers=dict(self.login(), Depth="0"))
            status = c.getresponse().status
            c.close()
            return want in (None, status) and self.process.poll() is None
        except (OSError, http.client.HTTPException):
            return False

    def login(self):
        pair = "%s:%s" % (self.user, self.password)
        return {"Authorization": "Basic " + base64.b64encode(
            pair.encode()).decode()}

    def stop(self, sig=signal.SIGTERM):
        end(self.process, sig)

    def again(self):
        """Start it once more, on the same port."""
        self.start(self.port)

    def tail(self, lines=15):
        text = ""
        for path in (self.path("out"), self.log, self.access):
            try:
                with open(path, errors="replace") as f:
                    rest = f.readlines()[-lines:]
            except OSError:
                continue
            if rest:
                text += "--- %s\n%s" % (path, "".join(rest))
        return text

    def requests(self):
        """Lines of the access log (a server may write them late)."""
        with open(self.access, errors="replace") as f:
            return f.readlines()


def give_to_server(path):
    """The servers run as www-data where the test runs as root."""
    if os.geteuid() == 0:
        who = pwd.getpwnam("www-data")
        os.chown(path, who.pw_uid, who.pw_gid)


# ---- stores ---------------------------------------------------------------

def make_server(kind, folder, **kw):
    """A server of any kind."""
    if kind in USUAL:
        return Server(kind, folder, **kw)
    import servers
    return servers.make(kind, folder, **kw)


class Store:
    """A place for a library, on a server or in a folder."""

    def __init__(self, kind, world, name="store", server=None):
        self.kind = kind
        self.world = world
        self.name = "%s-%s" % (name, secrets.token_hex(4))
        self.server = server
        self.proxy = None
        if kind == "file":
            self.path = os.path.join(world.folder, self.name)
            os.makedirs(self.path)
        else:
            self.server = server or world.server(kind)
            self.path = os.path.join(self.server.root, *self.way())

    def way(self):
        """The folders from the server's root to here."""
        if self.kind == "s3":
            return (self.server.bucket, self.name)
        return (self.name,)

    def conf(self, proxy=None):
        """Lines of stemma.conf that lead here."""
        if self.kind == "file":
            return {"REMOTE_URL": "file://" + self.path}
        port = (proxy or self.proxy or self.server).port
        if self.kind == "s3":
            return {"REMOTE_URL": "s3+http://127.0.0.1:%d/%s" % (
                        port, "/".join(self.way())),
                    "REMOTE_USERNAME": self.server.user}
        return {"WEBDAV_ENABLED": "yes",
                "WEBDAV_BASE_URL": "http://127.0.0.1:%d" % port,
                "WEBDAV_USERNAME": self.server.user,
                "WEBDAV_REMOTE_ROOT": "/" + self.name}

    def files(self, *under):
        """Every file below, as a path relative to the store."""
        top = os.path.join(self.path, *under)
        found = []
        for folder, _, names in os.walk(top):
            for name in names:
                found.append(os.path.relpath(
                    os.path.join(folder, name), self.path))
        return sorted(found)

    def file(self, *parts):
        return os.path.join(self.path, *parts)

    def content(self, content_id):
        """The path of a content on the store."""
        hits = [f for f in self.files(content_id[:2])
                if os.path.basename(f).startswith(content_id)]
        check(hits, "content %s is not on the store" % content_id[:12])
        return self.file(hits[-1])

    def write(self, path, data):
        """Change a file behind the server's back, as its owner."""
        with open(path, "wb") as f:
            f.write(data)
        give_to_server(path)

    def save_copy(self):
        """A copy of all of it, as an administrator's backup would be."""
        copy = os.path.join(self.world.folder,
                            "backup-" + secrets.token_hex(4))
        subprocess.run(["cp", "-a", self.path, copy], check=True)
        return copy

    def bring_back(self, copy):
        shutil.rmtree(self.path)
        subprocess.run(["cp", "-a", copy, self.path], check=True)


# ---- replicas -------------------------------------------------------------

class Result:
    def __init__(self, args, code, out, err):
        self.args, self.exit, self.out, self.err = args, code, out, err

    def __str__(self):
        return "stemma %s: exit %d\n%s%s" % (
            brief_args(self.args), self.exit, self.out[-1500:],
            self.err[-3000:])

    def rows(self):
        """JSON, one object a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    def json(self):
        """The one object."""
        rows = self.rows()
        check(len(rows) == 1, "not one line of JSON: %s" % self)
        return rows[0]


class Replica:
    """One library with its own folder and configuration."""

    def __init__(self, world, name, store, **conf):
        self.world = world
        self.name = name
        self.folder = os.path.join(world.folder, name)
        self.store = store
        self.extra = dict(conf)
        self.program = stemma_program()
        self.started = []
        for part in ("data", "db", "run", "in"):
            os.makedirs(os.path.join(self.folder, part))
        self.write_conf()

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write_conf(self, **more):
        """Write stemma.conf anew, with `more` keys from now on."""
        self.extra.update(more)
        conf = {"DATA_ROOT": self.path("data"), "DB_DIR": self.path("db"),
                "RUN_DIR": self.path("run")}
        conf.update(self.store.conf())
        if self.store.server:
            kind = "REMOTE" if "REMOTE_URL" in conf else "WEBDAV"
            conf[kind + "_PASSWORD_FILE"] = self.path("password")
            self.write_password(self.store.server.password)
        conf.update(self.extra)
        with open(self.path("stemma.conf"), "w") as f:
            for key, value in conf.items():
                if value is not None:
                    f.write("%s=%s\n" % (key, value))

    def write_password(self, password):
        with open(self.path("password"), "w") as f:
            f.write(password + "\n")
        os.chmod(self.path("password"), 0o600)

    def command(self, args):
        return [self.program, "-c", self.path("stemma.conf")] + list(args)

    def run(self, *args, timeout=120, env=None, stdin=None, prefix=()):
        """Run a command to its end; answers a Result, whatever the exit."""
        args = [str(a) for a in args]
        begun = time.monotonic()
        process = spawn(
            list(prefix) + self.command(args), cwd=self.folder,
            stdin=subprocess.PIPE if stdin is not None
            else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=dict(os.environ, **(env or {})))
        try:
            out, err = process.communicate(stdin, timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise Failed("stemma %s: not done in %d s\n%s" % (
                brief_args(args), timeout, err.decode(errors="replace")))
        finally:
            end(process)
        result = Result(args, process.returncode,
                        out.decode(errors="replace"),
                        err.decode(errors="replace"))
        self.world.note("%s: %s %.2f s" % (
            self.name, result, time.monotonic() - begun))
        check(result.exit >= 0 and result.exit not in (134, 139),
              "it died of signal %d: %s" % (-result.exit, result))
        return result

    def start(self, *args):
        """Start a command and leave it running."""
        args = [str(a) for a in args]
        log = open(self.path("started-%d.err" % len(self.started)), "wb")
        process = spawn(self.command(args), cwd=self.folder,
                        stdin=subprocess.DEVNULL,
                        stdout=subprocess.DEVNULL, stderr=log)
        process.log_path = log.name
        log.close()
        self.started.append(process)
        return process

    def expect(self, code, *args, **kw):
        result = self.run(*args, **kw)
        check(result.exit == code, "%s: want exit %d" % (result, code))
        return result

    def ok(self, *args, **kw):
        return self.expect(0, *args, **kw)

    def json(self, *args, **kw):
        return self.ok(*args, "--json", **kw).json()

    def rows(self, *args, **kw):
        return self.ok(*args, "--json", **kw).rows()

    # -- what tests say again and again

    def init(self):
        """Make the library and join the store.

        A probe takes seconds, so the first replica of a kind of store does
        it, and others get a copy of its findings.
        """
        known = World.findings.get(self.store.kind)
        if known:
            self.ok("init", "--no-probe")
            self.meta_put("probe", known)
        else:
            self.ok("init")
            World.findings[self.store.kind] = self.meta("probe")
        return self

    def library(self):
        folder = self.extra.get("DB_DIR", self.path("db"))
        return sqlite3.connect(os.path.join(folder, "library.db"),
                               timeout=30)

    def meta(self, key):
        """A single value of the library, such as the replica's id."""
        db = self.library()
        row = db.execute("SELECT value FROM sync_metadata WHERE key = ?",
                         (key,)).fetchone()
        db.close()
        return row and row[0]

    def meta_put(self, key, value):
        db = self.library()
        with db:
            db.execute("INSERT OR REPLACE INTO sync_metadata VALUES "
                       "(?, ?, '2026-01-01T00:00:00.000Z')", (key, value))
        db.close()

    def sync(self, *args, code=0, **kw):
        """Sync; answers the summary."""
        result = self.expect(code, "sync", *args, "--json", **kw)
        return result.json()

    def status(self, *args):
        result = self.run("status", "--json", *args)
        check(result.exit in (0, 1, 3), str(result))
        return result.json()

    def digest(self):
        return self.status()["state"]

    def records(self):
        """All live records by stable_id."""
        return {row["stable_id"]: row for row in self.rows("list")}

    def ids(self):
        return sorted(self.records())

    def show(self, stable_id):
        return self.json("show", stable_id)

    def cat(self, stable_id):
        return self.ok("cat", stable_id).out

    def write(self, name, data):
        """A file to import; answers its path."""
        path = self.path("in", name)
        if isinstance(data, str):
            data = data.encode()
        with open(path, "wb") as f:
            f.write(data)
        return path

    def add(self, name, data, *args):
        """Import one file made here; answers its stable_id."""
        return self.json("import", self.write(name, data),
                         *args)["stable_id"]

    def save(self, stable_id, data, code=0):
        path = self.write("save-%s" % secrets.token_hex(4), data)
        return self.expect(code, "save", stable_id, path)

    def set(self, stable_id, *pairs):
        return self.ok("set", stable_id, *pairs)

    def conflicts(self):
        """Open conflicts by stable_id."""
        result = self.run("conflicts", "--json")
        check(result.exit in (0, 3), str(result))
        return {row["stable_id"]: row for row in result.rows()}

    def has_file(self, content_id):
        """Are these bytes in the library's folder?"""
        folder = os.path.join(self.path("data"), content_id[:2])
        return os.path.isdir(folder) and any(
            n.startswith(content_id) for n in os.listdir(folder))

    def fsck(self, *args):
        self.ok("fsck", *args)

    def export(self):
        """Export to a fresh folder; answers the folder."""
        folder = self.path("export-" + secrets.token_hex(4))
        self.ok("export", folder)
        return folder

    def tree(self):
        """The exported tree: path -> SHA-256 of the bytes."""
        folder = self.export()
        tree = {}
        for top, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(top, name)
                with open(path, "rb") as f:
                    tree[os.path.relpath(path, folder)] = \
                        hashlib.sha256(f.read()).hexdigest()
        shutil.rmtree(folder)
        return tree

    def exported_records(self):
        """The lines of records.jsonl."""
        folder = self.export()
        with open(os.path.join(folder, "records.jsonl")) as f:
            lines = f.read().splitlines()
        shutil.rmtree(folder)
        return lines


# ---- a world for each test ------------------------------------------------

class World:
    """All that one test has."""

    servers = {}    # of this process, by kind: shared by its tests
    findings = {}   # of the first probe of each kind, as JSON
    top = None      # the folder of this process

    def __init__(self, name, kind):
        self.kind = kind
        self.notes = []
        # Short enough for the path of a Unix socket (unix(7): 107 bytes).
        short = re.sub(r"[^a-z0-9]+", "-", name.lower())[:20]
        self.folder = tempfile.mkdtemp(prefix=short + "-", dir=World.top)
        os.chmod(self.folder, 0o755)
        self.rand = random.Random(SEED + name)
        self.own = []
        self._store = None
        self._n = 0

    def note(self, text):
        self.notes.append(text)
        if DEBUG:
            print("# " + text.replace("\n", "\n#   "), file=sys.stderr)

    def server(self, kind):
        """The server of that kind that the tests of this file share."""
        if kind not in World.servers:
            World.servers[kind] = make_server(
                kind, os.path.join(World.top, kind))
        return World.servers[kind]

    def own_server(self, kind, **kw):
        """A server of this test alone, to be stopped or starved."""
        self._n += 1
        server = make_server(kind, os.path.join(
            self.folder, "%s-%d" % (kind, self._n)), **kw)
        self.own.append(server)
        return server

    @property
    def store(self):
        if self._store is None:
            self._store = Store(self.kind, self)
        return self._store

    def use(self, store):
        self._store = store
        return store

    def replica(self, name, init=True, store=None, **conf):
        replica = Replica(self, name, store or self.store, **conf)
        return replica.init() if init else replica

    def pair(self):
        return self.replica("anna"), self.replica("ben")

    def proxy(self, server=None):
        from proxy import Proxy
        proxy = Proxy((server or self.store.server).port)
        self.own.append(proxy)
        return proxy

    def close(self):
        for thing in self.own:
            thing.stop()
        end_hubs_below(self.folder)
        if self._store and self._store.server:
            make_writable(self._store.path)
            shutil.rmtree(self._store.path, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def make_writable(top):
    for folder, _, _ in os.walk(top):
        os.chmod(folder, stat.S_IMODE(os.stat(folder).st_mode) | 0o700)


# ---- facts that many tests end with ---------------------------------------

def in_step(*replicas):
    """All have the same library, byte for byte, and are sound."""
    trees = [r.tree() for r in replicas]
    for other, tree in zip(replicas[1:], trees[1:]):
        if tree != trees[0]:
            odd = sorted(set(trees[0].items()) ^ set(tree.items()))
            raise Failed("%s and %s export different trees: %s" % (
                replicas[0].name, other.name, brief(odd)))
    digests = {r.name: r.digest() for r in replicas}
    check(len(set(digests.values())) == 1,
          "state digests differ: %s" % digests)
    for r in replicas:
        r.fsck()


def settle(*replicas, rounds=4):
    """Sync all in turns until each says that there is nothing to do."""
    for _ in range(rounds):
        if all([r.sync().get("skipped") for r in replicas]):
            return
    raise Failed("still busy after %d rounds of syncing all" % rounds)


# ---- documents ------------------------------------------------------------

TEI = """<?xml version="1.0" encoding="UTF-8"?>
<TEI xmlns="http://www.tei-c.org/ns/1.0">
 <teiHeader>
  <fileDesc>
   <titleStmt><title>%(title)s</title></titleStmt>
   <editionStmt><edition>
    <idno type="fileref">%(doc)s</idno>
   </edition></editionStmt>
   <publicationStmt><p>A test.</p></publicationStmt>
   <sourceDesc><p>None.</p></sourceDesc>
  </fileDesc>
 </teiHeader>
 <text><body>
%(body)s
 </body></text>
</TEI>
"""


def tei(doc, paragraphs=("One.", "Two.", "Three.", "Four.", "Five."),
        title="A letter"):
    """A TEI document with one paragraph a line."""
    body = "\n".join("  <p>%s</p>" % p for p in paragraphs)
    return TEI % {"doc": doc, "title": title, "body": body}


def pdf(text):
    """A small PDF of one page."""
    stream = "BT /F1 18 Tf 60 760 Td (%s) Tj ET" % text
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
        "/Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        "<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman >>"]
    out, offsets = "%PDF-1.4\n", []
    for n, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += "%d 0 obj\n%s\nendobj\n" % (n, body)
    table = len(out)
    out += "xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += "".join("%010d 00000 n \n" % o for o in offsets)
    out += "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" \
        % (len(objects) + 1, table)
    return out.encode()


def sha256(data):
    if isinstance(data, str):
        data = data.encode()
    return hashlib.sha256(data).hexdigest()


# ---- the runner -----------------------------------------------------------

TESTS = []
SEED = os.environ.get("STEMMA_TEST_SEED") or secrets.token_hex(4)


def test(stores=("file",), on=None):
    """Register a test, once for each kind of store.

    The name is the function's name, with the kind in brackets behind it.
    """
    def register(function):
        for kind in stores:
            TESTS.append((function.__name__ + "[%s]" % kind, kind,
                          function))
        return function
    return register


def run_one(name, kind, function):
    """One test: 'ok', 'not ok' or 'skip', and what is to be said."""
    begun = time.monotonic()
    world = None
    try:
        world = World(name, kind)
        function(world)
        verdict, why = "ok", ""
    except Skip as e:
        verdict, why = "skip", str(e)
    except Exception as e:
        verdict, why = "not ok", explain(e)
        tell(world)
    finally:
        if world and not (KEEP and verdict == "not ok"):
            world.close()
        for server in list(World.servers.values()):
            if server.process.poll() is not None:
                del World.servers[server.kind]
    seconds = time.monotonic() - begun
    if DEBUG or seconds > 10:
        print("# %s took %.1f s" % (name, seconds), file=sys.stderr)
    return verdict, why


def explain(e):
    where = traceback.extract_tb(e.__traceback__)
    lines = ["%s:%d" % (os.path.basename(f.filename), f.lineno)
             for f in where if "harness" not in f.filename] or ["?"]
    text = str(e) if isinstance(e, Failed) else \
        "%s: %s" % (type(e).__name__, e)
    return "%s (%s, seed %s)" % (text, lines[-1], SEED)


def tell(world):
    """After a failure: what was run, and what the servers said."""
    if not world:
        return
    for note in world.notes[-12:]:
        print("# " + note.rstrip().replace("\n", "\n#   "),
              file=sys.stderr)
    servers = [s for s in world.own if hasattr(s, "tail")]
    if world.kind in World.servers:
        servers.append(World.servers[world.kind])
    for server in servers:
        print("# " + server.tail().replace("\n", "\n#   "),
              file=sys.stderr)


KEEP = False


def make_top():
    """A fresh folder that the servers' own user can reach too."""
    place = os.path.abspath(tempfile.gettempdir())
    if os.geteuid() == 0:
        while place != "/" and os.stat(place).st_mode & 0o001:
            place = os.path.dirname(place)
        place = None if place == "/" else "/tmp"
    else:
        place = None
    top = tempfile.mkdtemp(prefix="stemma-test-", dir=place)
    os.chmod(top, 0o755)
    return top


def interrupted(signum, _):
    raise KeyboardInterrupt


def main():
    global KEEP
    parser = argparse.ArgumentParser(
        description="Integration tests; the program is $STEMMA.")
    parser.add_argument("--only", metavar="PATTERN", action="append",
                        help="tests whose name holds or matches this")
    parser.add_argument("--list", action="store_true",
                        help="print the names")
    parser.add_argument("--keep", action="store_true",
                        help="leave the folders of failed tests")
    args = parser.parse_args()
    wanted = [t for t in TESTS if not args.only or any(
        p in t[0] or fnmatch.fnmatchcase(t[0], p) for p in args.only)]
    if args.list:
        for name, _, _ in wanted:
            print(name)
        return
    KEEP = args.keep
    stemma_program()
    signal.signal(signal.SIGTERM, interrupted)
    signal.signal(signal.SIGHUP, interrupted)
    World.top = make_top()
    bad = 0
    try:
        for name, kind, function in wanted:
            verdict, why = run_one(name, kind, function)
            line = why.splitlines()[0] if why else ""
            print("%s %s%s" % (verdict, name, ": " + line if why else ""),
                  flush=True)
            for more in why.splitlines()[1:]:
                print("# " + more, file=sys.stderr)
            bad += verdict == "not ok"
    except KeyboardInterrupt:
        print("# interrupted", file=sys.stderr)
        bad += 1
    finally:
        end_all()
        if not KEEP:
            shutil.rmtree(World.top, ignore_errors=True)
        elif os.listdir(World.top):
            print("# kept: %s" % World.top, file=sys.stderr)
    sys.exit(1 if bad else 0)
