# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Stemma authors
"""The WebDAV servers beside the three usual ones of harness.py, and what may
stand before any of them.

    server = make("rclone", folder)
    front = Front(folder, server.port, prefix="/team", limit="1m")

Each is used as harness.Server is: a folder of its own, a free port, Basic
auth, a root on this disk.
"""

import http.client
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys

import harness
from harness import (Failed, Server, Skip, die_with_parent, end,
                     give_to_server, spawn)

HERE = os.path.dirname(os.path.abspath(__file__))
HOSTS = os.path.join(HERE, "hosts")


def fetched(*parts):
    """Something that tools/test-hosts has fetched, or None."""
    built = os.environ.get("top_builddir")
    places = [os.environ.get("STEMMA_TEST_HOSTS"),
              built and os.path.join(built, "hosts"),
              os.path.join(harness.TOP, "build", "hosts")]
    for place in places:
        path = place and os.path.join(place, *parts)
        if path and os.path.exists(path):
            return path
    return None


def near(server, path):
    """A copy that the servers' own user can reach."""
    copy = server.path(os.path.basename(path))
    if not os.path.exists(copy):
        subprocess.run(["cp", "-r", path, copy], check=True)
        subprocess.run(["chmod", "-R", "a+rX", copy], check=True)
    return copy


def become_server():
    """In a child: www-data, where the test runs as root."""
    die_with_parent()
    if os.geteuid() == 0:
        who = pwd.getpwnam("www-data")
        os.setgroups([])
        os.setgid(who.pw_gid)
        os.setuid(who.pw_uid)


class Simple(Server):
    """A server of one process that is told all by its command line."""

    def find_program(self):
        path = shutil.which(self.name)
        if not path:
            raise Failed("%s is not installed" % self.name)
        return path

    def write_config(self):
        pass

    def environment(self):
        return dict(os.environ, HOME=self.path("run"))

    def spawn_it(self):
        with open(self.path("out"), "ab") as out:
            return spawn(self.command(), stdin=subprocess.DEVNULL,
                         stdout=out, stderr=out, cwd=self.folder,
                         env=self.environment(), preexec_fn=become_server)


class Rclone(Simple):
    """rclone serve webdav; "writes" has a cache that writes back later."""

    name = "rclone"
    cache = "off"

    def environment(self):
        return dict(super().environment(), RCLONE_USER=self.user,
                    RCLONE_PASS=self.password)

    def command(self):
        return [self.program, "serve", "webdav", self.root,
                "--addr", "127.0.0.1:%d" % self.port,
                "--config", "/dev/null", "--cache-dir", self.path("run"),
                "--vfs-cache-mode", self.cache, "--dir-cache-time", "0"]


class RcloneWrites(Rclone):
    cache = "writes"


class WebdavServer(Simple):
    """npm's webdav-server, in node."""

    name = "node"

    def find_program(self):
        self.modules = fetched("node_modules")
        if not self.modules:
            raise Failed("webdav-server is not there: tools/test-hosts "
                         "fetches it")
        return super().find_program()

    def environment(self):
        return dict(super().environment(), PASSWORD=self.password,
                    NODE_PATH=near(self, self.modules))

    def command(self):
        script = near(self, os.path.join(HOSTS, "webdav-server.js"))
        return [self.program, script, str(self.port), self.root,
                self.user]


class WsgiDav(Simple):
    """WsgiDAV in its own web server, cheroot."""

    def find_program(self):
        self.modules = fetched("wsgidav")
        if not self.modules:
            raise Skip("WsgiDAV is not there: tools/test-hosts fetches it")
        # One that www-data can run too.
        return shutil.which("python3", path="/usr/bin") or sys.executable

    def environment(self):
        return dict(super().environment(), PYTHONDONTWRITEBYTECODE="1",
                    PYTHONPATH=near(self, self.modules))

    def write_config(self):
        conf = {
            "host": "127.0.0.1", "port": self.port,
            "provider_mapping": {"/": self.root},
            "http_authenticator": {
                "domain_controller": None, "accept_basic": True,
                "accept_digest": False, "default_to_digest": False},
            "simple_dc": {"user_mapping": {"*": {
                self.user: {"password": self.password}}}},
            "server_args": {"numthreads": 16, "request_queue_size": 128},
            "lock_storage": True, "verbose": 2,
            "dir_browser": {"enable": False}}
        with open(self.path("conf.json"), "w") as f:
            json.dump(conf, f)

    def command(self):
        return [self.program, "-m", "wsgidav.server.server_cli",
                "-c", self.path("conf.json")]


NGINX_TOP = """
daemon off;
worker_processes 2;
pid {run}/nginx.pid;
error_log {log} warn;
{user_line}
{modules_line}
events {{ worker_connections 512; }}
http {{
    log_format short '$remote_addr $remote_user "$request" $status';
    access_log {access} short;
    client_body_temp_path {tmp};
    proxy_temp_path {run}/proxy;
    fastcgi_temp_path {run}/fastcgi;
    uwsgi_temp_path {run}/uwsgi;
    scgi_temp_path {run}/scgi;
    keepalive_requests 100000;
    default_type application/octet-stream;
{http}
}}
"""


class Nginx(Server):
    """nginx with a server block of one's own."""

    modules_line = ""

    def find_program(self):
        path = shutil.which("nginx") or shutil.which("nginx",
                                                     path="/usr/sbin")
        if not path:
            raise Failed("nginx is not installed")
        return path

    def write_config(self):
        text = NGINX_TOP.format(
            run=self.path("run"), log=self.log, access=self.access,
            tmp=self.path("tmp"), modules_line=self.modules_line,
            user_line="user www-data;" if os.geteuid() == 0 else "",
            http=self.http())
        with open(self.path("conf"), "w") as f:
            f.write(text)

    def command(self):
        return [self.program, "-c", self.path("conf"), "-p", self.folder,
                "-e", self.log]


class NginxLock(Nginx):
    """nginx whose dav-ext module knows locks."""

    modules_line = "load_module /usr/lib/nginx/modules/" \
        "ngx_http_dav_ext_module.so;"

    def http(self):
        return """
    client_max_body_size 0;
    dav_ext_lock_zone zone=z:10m;
    server {
        listen 127.0.0.1:%d;
        root %s;
        location / {
            dav_methods PUT DELETE MKCOL COPY MOVE;
            dav_ext_methods PROPFIND OPTIONS LOCK UNLOCK;
            dav_ext_lock zone=z;
            dav_access user:rw group:r;
            auth_basic test;
            auth_basic_user_file %s;
        }
    }""" % (self.port, self.root, self.path("passwd"))


class NginxPlain(Nginx):
    """nginx without the dav-ext module: it knows no PROPFIND."""

    def http(self):
        return """
    client_max_body_size 0;
    server {
        listen 127.0.0.1:%d;
        root %s;
        location / {
            dav_methods PUT DELETE MKCOL COPY MOVE;
            dav_access user:rw group:r;
            auth_basic test;
            auth_basic_user_file %s;
        }
    }""" % (self.port, self.root, self.path("passwd"))

    def answers(self):
        return self.answers_to("PROPFIND", 405)


FPM = """
[global]
error_log = {run}/fpm.log
daemonize = no
[dav]
{user_lines}
listen = {run}/fpm.sock
listen.mode = 0666
pm = static
pm.max_children = 8
catch_workers_output = yes
php_admin_value[memory_limit] = 128M
php_admin_value[post_max_size] = 0
"""


class Sabre(Nginx):
    """Debian's php-sabre-dav in php-fpm behind nginx."""

    engine = None

    def find_program(self):
        if not os.path.exists("/usr/share/php/Sabre/autoload.php"):
            raise Failed("php-sabre-dav is not installed")
        found = [n for n in sorted(os.listdir("/usr/sbin"))
                 if n.startswith("php-fpm")]
        if not found:
            raise Failed("php-fpm is not installed")
        self.fpm = os.path.join("/usr/sbin", found[-1])
        return super().find_program()

    def http(self):
        values = {"SCRIPT_FILENAME": near(
                      self, os.path.join(HOSTS, "sabre.php")),
                  "SCRIPT_NAME": "/", "REQUEST_METHOD": "$request_method",
                  "REQUEST_URI": "$request_uri",
                  "QUERY_STRING": "$query_string",
                  "CONTENT_TYPE": "$content_type",
                  "CONTENT_LENGTH": "$content_length",
                  "SERVER_PROTOCOL": "$server_protocol",
                  "HTTP_AUTHORIZATION": "$http_authorization",
                  "ROOT": self.root, "RUN": self.path("run"),
                  "LOGIN": self.user, "PASSWORD": self.password}
        lines = "\n".join('            fastcgi_param %s "%s";' % pair
                          for pair in values.items())
        return """
    client_max_body_size 0;
    fastcgi_read_timeout 300s;
    server {
        listen 127.0.0.1:%d;
        location / {
            fastcgi_pass unix:%s/fpm.sock;
%s
        }
    }""" % (self.port, self.path("run"), lines)

    def start_engine(self):
        users = "user = www-data\ngroup = www-data" \
            if os.geteuid() == 0 else ""
        with open(self.path("fpm.conf"), "w") as f:
            f.write(FPM.format(run=self.path("run"), user_lines=users))
        with open(self.path("out"), "ab") as out:
            self.engine = spawn(
                [self.fpm, "-F", "-y", self.path("fpm.conf")],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                preexec_fn=die_with_parent)
        harness.wait_until(lambda: os.path.exists(
            self.path("run", "fpm.sock")), 15, "php-fpm's socket")

    def start_once(self):
        if not self.engine or self.engine.poll() is not None:
            self.start_engine()
        return super().start_once()

    def stop(self, sig=signal.SIGTERM):
        super().stop(sig)
        if self.engine:
            end(self.engine, sig)


class Front(Nginx):
    """A reverse proxy before a server, as institutions have them.

    What is asked of /PREFIX/… goes to /PREFIX/… of the server, or to /…
    where `strips`; `tells`: the server is told the Host that was asked.
    `limit` is nginx's, for bodies; `patience` in seconds.  `tls` is a file
    of key and certificate; `plain`: a Destination of https is told as http.
    """

    def __init__(self, folder, server, prefix="", limit="0", patience=60,
                 strips=False, tells=True, tls=None, plain=False):
        self.tls, self.plain = tls, plain
        self.port_behind, self.prefix, self.limit = \
            server.port, prefix, limit
        self.patience, self.strips, self.tells = patience, strips, tells
        super().__init__("front", folder)

    def http(self):
        where = "http://127.0.0.1:%d" % self.port_behind
        host = "proxy_set_header Host $http_host;" if self.tells else ""
        if self.plain:
            host += "proxy_set_header Destination $plain;"
        tls = "ssl_certificate %s; ssl_certificate_key %s;" % (
            self.tls, self.tls) if self.tls else ""
        return """
    map $http_destination $plain {
        "~^https(://.*)$" "http$1";
        default $http_destination;
    }
    server {
        listen 127.0.0.1:%(port)d%(ssl)s;
        %(tls)s
        client_max_body_size %(limit)s;
        location %(prefix)s/ {
            proxy_pass %(where)s%(path)s;
            proxy_http_version 1.1;
            %(host)s
            proxy_set_header Connection "";
            proxy_connect_timeout %(patience)ds;
            proxy_send_timeout %(patience)ds;
            proxy_read_timeout %(patience)ds;
            proxy_next_upstream off;
        }
    }""" % {"port": self.port, "limit": self.limit, "where": where,
            "prefix": self.prefix, "patience": self.patience, "host": host,
            "tls": tls, "ssl": " ssl" * bool(self.tls),
            "path": "/" if self.strips else ""}

    def answers(self):
        """TLS or not: it takes connections."""
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0 and \
                self.process.poll() is None

    def set(self, **changes):
        """Change what it is told, and start it anew on its port."""
        self.__dict__.update(changes)
        self.stop()
        self.again()


class S3(Simple):
    """Versity S3 Gateway: each object is a file on this disk, whose path is
    its key, so that tests can look at it and damage it."""

    name = "versitygw"
    bucket = "library"

    def find_program(self):
        path = fetched("versitygw")
        if not path:
            raise Failed("versitygw is not there: tools/s3-server "
                         "builds it")
        return path

    def start(self, port=None):
        self.program = near(self, self.program)
        os.makedirs(os.path.join(self.root, self.bucket), exist_ok=True)
        give_to_server(os.path.join(self.root, self.bucket))
        super().start(port)

    def environment(self):
        return dict(super().environment(), ROOT_ACCESS_KEY=self.user,
                    ROOT_SECRET_KEY=self.password)

    def command(self):
        return [self.program, "--port", "127.0.0.1:%d" % self.port,
                "--keep-alive", "--access-log", self.access, "posix",
                self.root]

    def client(self):
        from s3 import Client
        return Client(self.port, self.user, self.password, self.bucket)

    def answers(self):
        try:
            c = self.client()
            status = c.ask("GET", query={"list-type": "2"})[0]
            c.close()
            return status == 200 and self.process.poll() is None
        except (OSError, http.client.HTTPException):
            return False


KINDS = {"s3": S3, "nginx-lock": NginxLock, "nginx-plain": NginxPlain,
         "rclone": Rclone, "rclone-writes": RcloneWrites, "sabre": Sabre,
         "webdav-server": WebdavServer, "wsgidav": WsgiDav}


def make(kind, folder, **kw):
    return KINDS[kind](kind, folder, **kw)
