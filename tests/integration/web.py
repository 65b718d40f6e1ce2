# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Stemma authors
"""A replica on the web: the real web servers, from the files in deploy/.

    web = WebServer("nginx", world.replica("anna"))
    status, headers, body = web.request("GET", "/api/v1/files/list")

A file of deploy/ is taken as it is; only places are put in, as an installation
does, and ports and names, as an administrator does.  The responders run as the
user of the test.  Everything is ended by its number.
"""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

from harness import (DEBUG, Failed, Skip, TOP, check, connect_unix,
                     die_with_parent, end, end_pid, free_port, spawn,
                     stemma_program)

# How Stemma is put on the web.  lighttpd: a machine's, with sockets;
# lighttpd-user: one's own, which starts the responders; apache: a folder of a
# shared host (.htaccess, mod_fcgid); apache-fcgid, apache-proxy: in a vhost.
WEB_KINDS = ("nginx", "lighttpd", "lighttpd-user", "apache", "apache-fcgid",
             "apache-proxy")
# The three that the whole API is tested behind.
API_KINDS = ("nginx", "lighttpd", "apache")

RESPONDERS = ("auth", "files", "upload", "status", "sync", "events")
# Those that a web server does not start by itself, by kind.
SPAWNED = {"nginx": RESPONDERS, "lighttpd": RESPONDERS, "lighttpd-user": (),
           "apache": ("events",), "apache-fcgid": ("events",),
           "apache-proxy": RESPONDERS}
DEPLOYED = {"nginx": "nginx/stemma.conf", "lighttpd": "lighttpd/stemma.conf",
            "lighttpd-user": "lighttpd/user.conf",
            "apache-fcgid": "apache/stemma-fcgid.conf",
            "apache-proxy": "apache/stemma-proxy.conf"}
SENDFILE = {"nginx": "x-accel:/stemma-content", "lighttpd": "x-sendfile",
            "lighttpd-user": "x-sendfile",
            "apache": "local-redirect:/content"}

NGINX_MAIN = """
daemon off;
worker_processes 2;
worker_rlimit_nofile %(files)d;
pid %(folder)s/nginx.pid;
error_log %(log)s notice;
%(user)s
events { worker_connections %(files)d; }
http {
    include /etc/nginx/mime.types;
    access_log %(access)s;
    client_body_temp_path %(folder)s/tmp-body;
    proxy_temp_path %(folder)s/tmp-proxy;
    fastcgi_temp_path %(folder)s/tmp-fastcgi;
    uwsgi_temp_path %(folder)s/tmp-uwsgi;
    scgi_temp_path %(folder)s/tmp-scgi;
    include %(folder)s/stemma.conf;
}
"""

LIGHTTPD_MAIN = """
server.modules = ( "mod_accesslog" )
server.bind = "127.0.0.1"
server.port = %(port)d
server.document-root = "%(folder)s/empty"
server.errorlog = "%(log)s"
accesslog.filename = "%(access)s"
server.upload-dirs = ( "%(folder)s" )
server.max-fds = %(files)d
include "%(folder)s/stemma.conf"
"""

APACHE_MODULES = """mpm_event authn_core authz_core authz_host alias dir env
headers mime rewrite setenvif deflate filter fcgid proxy proxy_fcgi"""

APACHE_MAIN = """
ServerRoot "%(folder)s"
ServerName 127.0.0.1
Listen 127.0.0.1:%(port)d
%(modules)s
PidFile "%(folder)s/apache.pid"
ErrorLog "%(log)s"
LogFormat "%%h \\"%%r\\" %%>s" short
CustomLog "%(access)s" short
Mutex file:%(folder)s default
TypesConfig /etc/mime.types
StartServers 1
ServerLimit 4
ThreadsPerChild 25
MaxRequestWorkers 100
AcceptPathInfo On
<Directory "/">
    AllowOverride None
    Require all denied
</Directory>
FcgidIPCDir "%(sockets)s"
FcgidProcessTableFile "%(folder)s/fcgid_shm"
%(rest)s
"""

SHARED_HOST = """
DocumentRoot "%(folder)s/htdocs"
<Directory "%(folder)s/htdocs">
    AllowOverride All
    Options Indexes SymLinksIfOwnerMatch
    Require all granted
</Directory>
"""


def respond_dir():
    """Where the responders were built, or installed."""
    places = [os.environ.get("STEMMA_RESPOND") or "",
              os.path.join(os.path.dirname(stemma_program()),
                           "..", "respond"),
              os.path.join(os.path.dirname(stemma_program()),
                           "..", "libexec", "stemma")]
    for place in places:
        if os.access(os.path.join(place, "stemma-files"), os.X_OK):
            return os.path.abspath(place)
    raise Failed("no responders beside %s: set STEMMA_RESPOND" %
                 stemma_program())


def deployed(name):
    """The text of a file in deploy/."""
    with open(os.path.join(TOP, "deploy", name)) as f:
        return f.read()


class WebServer:
    """One real web server with the responders of one replica.

    kind      of WEB_KINDS
    replica   its library must be there (init)
    page      the folder of the page; by default the source's www/
    sendfile  False: the responders send files by themselves
    env       more for the environment of the responders
    limit     descriptors for each process (None: as they are)
    """

    def __init__(self, kind, replica, page=None, sendfile=True, env=None,
                 limit=None, **conf):
        self.kind = kind
        self.replica = replica
        self.world = replica.world
        self.family = kind.split("-")[0]
        self.folder = replica.path("web-%s-%d" % (kind, free_port()))
        self.page = page or os.path.join(TOP, "www")
        self.log = self.path("error.log")
        self.access = self.path("access.log")
        self.env = dict(os.environ, **(env or {}))
        self.env["STEMMA_CONFIG"] = replica.path("stemma.conf")
        self.limit = limit
        self.process = None
        self.port = None
        self.responders = {}
        self.programs = respond_dir()
        self.find_program()
        if sendfile and kind in SENDFILE:
            conf.setdefault("SENDFILE", SENDFILE[kind])
        if self.family == "apache":
            conf.setdefault("WAIT_LIMIT", 25)
        replica.write_conf(**conf)
        for part in ("", "empty"):
            os.makedirs(self.path(part))
        # The name of a socket has 107 bytes at most.
        self.sockets = tempfile.mkdtemp(prefix="stemma-web-", dir="/tmp")
        os.makedirs(os.path.join(self.sockets, "run"))
        self.world.own.append(self)
        self.start()

    # -- the programs

    def find_program(self):
        name = {"apache": "apache2"}.get(self.family, self.family)
        self.program = shutil.which(name, path=os.environ.get(
            "PATH", "") + ":/usr/sbin:/sbin")
        if not self.program:
            raise Skip("%s is not installed" % name)
        self.modules = "/usr/lib/apache2/modules"
        if self.family == "apache" and not os.path.exists(
                self.modules + "/mod_fcgid.so"):
            raise Skip("Apache has no mod_fcgid")

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def socket_of(self, name):
        return os.path.join(self.sockets, name + ".sock")

    def responder_command(self, name):
        program = "files" if name == "upload" else name
        return [os.path.join(self.programs, "stemma-" + program),
                "-c", self.replica.path("stemma.conf"),
                "-s", self.socket_of(name), "-m", "0660"]

    def start_responder(self, name):
        """Start one that the web server does not; it must not run."""
        with open(self.path(name + ".log"), "ab") as log:
            self.responders[name] = spawn(
                self.as_server(self.responder_command(name)),
                cwd="/", env=self.env, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, preexec_fn=self.in_child)
        self.wait_for_responder(name)

    def wait_for_responder(self, name):
        """Until it listens: lighttpd leaves alone for a while what refused."""
        process = self.responders[name]
        deadline = time.monotonic() + 15
        while not is_listening(self.socket_of(name)):
            if process.poll() is not None or time.monotonic() > deadline:
                raise Failed("stemma-%s does not listen:\n%s" %
                             (name, self.tail()))
            time.sleep(0.01)

    def in_child(self):
        die_with_parent()
        if self.limit:
            import resource
            resource.setrlimit(resource.RLIMIT_NOFILE,
                               (self.limit, self.limit))

    def as_server(self, command):
        """Apache does not run as root, and its children are to be of the
        user of the test: root is called www-data, for all of them."""
        if self.family != "apache" or os.geteuid() != 0:
            return command
        return ["unshare", "--user", "--map-user=33", "--map-group=33"] \
            + command

    # -- configurations

    def substitute(self, text):
        """What an installation puts in, and what an administrator does."""
        places = {"pkglibexecdir": self.programs,
                  "pkgdatadir": self.path("share"),
                  "sysconfdir": self.path("etc"),
                  "SERVER_NAME": "127.0.0.1", "HOME": self.sockets}
        text = text.replace("@runstatedir@/stemma-web", self.sockets)
        text = text.replace("@localstatedir@/lib/stemma/content",
                            self.replica.path("data"))
        for name, place in places.items():
            text = text.replace("@%s@" % name, place)
        left = re.search(r"^[^#\n]*@[a-zA-Z_]+@.*$", text, re.M)
        check(not left, "a place is not put in: %s" %
              (left and left.group()))
        return text

    def deployed(self):
        return self.substitute(deployed(DEPLOYED[self.kind]))

    def values(self):
        files = self.limit or 4096
        return {"folder": self.folder, "sockets": self.sockets,
                "port": self.port, "log": self.log, "access": self.access,
                "files": files,
                "user": "user root;" if os.geteuid() == 0 else "",
                "modules": "\n".join(
                    "LoadModule %s_module %s/mod_%s.so" %
                    (m, self.modules, m) for m in APACHE_MODULES.split())}

    def write(self, name, text, mode=0o644):
        with open(self.path(name), "w") as f:
            f.write(text)
        os.chmod(self.path(name), mode)

    def write_places(self):
        """What "make install" would have put on the machine."""
        os.makedirs(self.path("share"), exist_ok=True)
        os.makedirs(self.path("etc", "stemma"), exist_ok=True)
        for link, target in ((self.path("share", "www"), self.page),
                             (self.path("etc", "stemma", "stemma.conf"),
                              self.replica.path("stemma.conf"))):
            if not os.path.islink(link):
                os.symlink(target, link)

    def write_config(self):
        self.write_places()
        getattr(self, "write_" + self.family)()

    def write_nginx(self):
        text = self.deployed().replace(
            "listen 80;", "listen 127.0.0.1:%d;" % self.port)
        self.write("stemma.conf", text)
        self.write("main.conf", NGINX_MAIN % self.values())
        shutil.copy("/etc/nginx/fastcgi_params", self.folder)

    def write_lighttpd(self):
        text = self.deployed()
        if self.kind == "lighttpd":
            self.write("stemma.conf", text)
            self.write("main.conf", LIGHTTPD_MAIN % self.values())
            return
        self.write("main.conf", text.replace(
            "server.port = 8780", "server.port = %d" % self.port) +
            'server.modules += ( "mod_accesslog" )\n'
            'accesslog.filename = "%s"\n' % self.access)
        self.log = os.path.join(self.sockets, "run", "lighttpd.log")

    def write_apache(self):
        if self.kind == "apache":
            self.write_shared_host()
            rest = SHARED_HOST % self.values()
        else:
            self.write_fcgi(self.path("share", "apache", "shared-hosting"))
            rest = self.deployed().replace(
                "<VirtualHost *:80>", "<VirtualHost *:%d>" % self.port)
        self.write("main.conf", APACHE_MAIN % dict(self.values(), rest=rest))

    def write_fcgi(self, folder):
        source = os.path.join(TOP, "deploy", "apache", "shared-hosting")
        os.makedirs(folder, exist_ok=True)
        for name in sorted(os.listdir(source)):
            place = os.path.join(folder, name)
            self.write(place, self.substitute(
                deployed("apache/shared-hosting/" + name)),
                0o755 if name.endswith(".fcgi") else 0o644)

    def write_shared_host(self):
        """A folder as a customer of a host would fill it."""
        folder = self.path("htdocs")
        if not os.path.isdir(folder):
            shutil.copytree(self.page, folder)
            os.symlink(self.replica.path("data"),
                       os.path.join(folder, "content"))
        self.write_fcgi(folder)

    # -- running

    def command(self):
        conf = self.path("main.conf")
        return self.as_server({
            "lighttpd": [self.program, "-D", "-f", conf],
            "apache": [self.program, "-DFOREGROUND", "-f", conf],
            "nginx": [self.program, "-c", conf, "-p", self.folder,
                      "-e", self.log]}[self.family])

    def start(self, port=None):
        """Start all of it, on a new port unless one is given."""
        for name in SPAWNED[self.kind]:
            if name not in self.responders:
                self.start_responder(name)
        for _ in range(20):
            self.port = port or free_port()
            self.write_config()
            if self.start_once():
                return
        raise Failed("%s does not start:\n%s" % (self.kind, self.tail()))

    def start_once(self):
        with open(self.path("out"), "ab") as out:
            self.process = spawn(
                self.command(), cwd="/", env=self.env,
                stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                preexec_fn=self.in_child)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            if self.is_healthy():
                return True
            time.sleep(0.05)
        else:
            raise Failed("%s: /health is not 200:\n%s" %
                         (self.kind, self.tail()))
        end(self.process)
        time.sleep(0.2)
        return False

    def is_healthy(self):
        try:
            status, _, body = self.request("GET", "/health", timeout=5)
            return status == 200 and json.loads(body)["status"] == "ok"
        except (OSError, http.client.HTTPException, ValueError):
            return False

    def reload(self):
        """As an administrator, or logrotate, does.  lighttpd is restarted:
        its reload waits for open streams, and serves nobody meanwhile."""
        if self.family == "lighttpd":
            self.stop_server()
            self.again()
        else:
            self.process.send_signal({"nginx": signal.SIGHUP,
                                      "apache": signal.SIGUSR1}[self.family])

    def stop(self):
        """All of it: the web server, the responders, the hub."""
        # Apache waits for streams, which end with those who serve them.
        for process in self.responders.values():
            end(process)
        self.responders.clear()
        if self.process:
            end(self.process)
        end_hub(self.replica.path("run"))
        end_hubs_of(self.replica.path("stemma.conf"))
        shutil.rmtree(self.sockets, ignore_errors=True)

    def stop_server(self):
        """The web server alone."""
        end(self.process)

    def again(self):
        """Start it once more, on the same port."""
        os.makedirs(os.path.join(self.sockets, "run"), exist_ok=True)
        self.start(self.port)

    # -- its processes

    def pids(self, name):
        """The processes of a responder, whoever started them."""
        if name in self.responders:
            process = self.responders[name]
            return [process.pid] if process.poll() is None else []
        program = "stemma-" + ("files" if name == "upload" else name)
        return [pid for pid in descendants(self.process.pid)
                if program_of(pid) == program]

    def kill_responder(self, name, sig=signal.SIGKILL):
        """Kill it; one that the web server does not start comes again at
        once, as systemd would have it.  Answers how many were killed."""
        pids = self.pids(name)
        if name in self.responders:
            end(self.responders.pop(name), sig)
            self.start_responder(name)
            return len(pids)
        for pid in pids:
            try:
                os.kill(pid, sig)
            except ProcessLookupError:
                pass
        return len(pids)

    def hub_pid(self):
        return hub_pid(self.replica.path("run"))

    # -- logs

    def logs(self):
        """All that was written: server, access, responders; as one text."""
        text = ""
        names = [self.path("out"), self.log, self.access] + [
            self.path(name + ".log") for name in RESPONDERS]
        for name in names:
            try:
                with open(name, errors="replace") as f:
                    text += f.read()
            except OSError:
                pass
        return text

    def tail(self, lines=15):
        text = ""
        names = [self.path("out"), self.log] + [
            self.path(name + ".log") for name in RESPONDERS]
        for name in names:
            try:
                with open(name, errors="replace") as f:
                    rest = f.readlines()[-lines:]
            except OSError:
                continue
            if rest:
                text += "--- %s\n%s" % (name, "".join(rest))
        return text

    # -- asking

    @property
    def address(self):
        return "http://127.0.0.1:%d" % self.port

    def connect(self, timeout=60):
        return http.client.HTTPConnection("127.0.0.1", self.port,
                                          timeout=timeout)

    def request(self, method, path, body=None, headers=None, session=None,
                timeout=60):
        """One request on a connection of its own: status, headers (names
        in lower case), body.  A body that is no bytes is sent as JSON."""
        headers = dict(headers or {})
        if session:
            headers["X-Session-Id"] = session
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        c = self.connect(timeout)
        try:
            c.request(method, path, body=body, headers=headers)
            answer = c.getresponse()
            data = answer.read()
            if DEBUG:
                self.world.note("%s %s: %d %s" % (
                    method, path, answer.status, data[:200]))
            return answer.status, {k.lower(): v for k, v
                                   in answer.getheaders()}, data
        finally:
            c.close()

    def add_user(self, name, password=None, roles=("annotator",)):
        """A user of the replica; the password is the name unless given."""
        args = ["user", "add", name]
        for role in roles:
            args += ["--role", role]
        self.replica.ok(*args, stdin=
                        ((password or name) + "\n").encode())
        return self

    def login(self, name, password=None):
        """Sign in; answers the session id."""
        status, _, body = self.request(
            "POST", "/api/v1/auth/login",
            {"username": name, "password": password or name})
        check(status == 200, "login of %s: %d %s" % (name, status, body))
        return json.loads(body)["sessionId"]


# ---- processes ------------------------------------------------------------

def parents():
    """Each process's parent."""
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % entry) as f:
                found[int(entry)] = int(f.read().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            pass
    return found


def descendants(pid):
    table = parents()
    family, fresh = [], [pid]
    while fresh:
        fresh = [p for p, parent in table.items() if parent in fresh]
        family += fresh
    return family


def program_of(pid):
    try:
        path = os.readlink("/proc/%d/exe" % pid)
    except OSError:
        return ""
    return os.path.basename(path.replace(" (deleted)", ""))


def is_listening(path):
    with socket.socket(socket.AF_UNIX) as s:
        try:
            connect_unix(s, path)
            return True
        except OSError:
            return False


def hub_pid(run_dir):
    """Who listens on the hub's socket; None: nobody."""
    with socket.socket(socket.AF_UNIX) as s:
        try:
            connect_unix(s, os.path.join(run_dir, "hub.sock"))
        except OSError:
            return None
        raw = s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        return struct.unpack("3i", raw)[0]


def end_hub(run_dir, sig=signal.SIGTERM):
    """End the hub of that folder, and wait for it; answers its number."""
    pid = hub_pid(run_dir)
    if pid:
        end_pid(pid, sig)
    return pid


def end_hubs_of(conf):
    """What a responder has started while it was ended itself."""
    for pid in parents():
        try:
            with open("/proc/%d/cmdline" % pid) as f:
                args = f.read().split("\0")
            if os.path.basename(args[0]) == "stemma-hub" and conf in args:
                os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
