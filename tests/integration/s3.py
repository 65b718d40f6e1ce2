# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Stemma authors
"""A small S3 client for tests: it signs (AWS Signature V4), lists, and reads
and writes single objects, without a word of the program under test."""

import datetime
import hashlib
import hmac
import http.client
import urllib.parse
import xml.etree.ElementTree as ET


def quote(text, keep=""):
    return urllib.parse.quote(text, safe=keep + "-_.~")


class Client:
    """One connection to one bucket; paths are keys in it."""

    def __init__(self, port, user, password, bucket, region="us-east-1"):
        self.port, self.bucket, self.region = port, bucket, region
        self.user, self.password = user, password
        self.connection = None

    def connect(self):
        if self.connection is None:
            self.connection = http.client.HTTPConnection(
                "127.0.0.1", self.port, timeout=30)
            self.connection.connect()
        return self.connection

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def signature(self, method, path, query, headers, digest):
        """The Authorization header for these lower-case headers."""
        stamp = headers["x-amz-date"]
        scope = "%s/%s/s3/aws4_request" % (stamp[:8], self.region)
        names = ";".join(sorted(headers))
        text = "\n".join(
            [method, path, query] +
            ["%s:%s" % (k, headers[k]) for k in sorted(headers)] +
            ["", names, digest])
        text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope,
                          hashlib.sha256(text.encode()).hexdigest()])
        key = b"AWS4" + self.password.encode()
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), "sha256").digest()
        return "AWS4-HMAC-SHA256 Credential=%s/%s,SignedHeaders=%s," \
            "Signature=%s" % (self.user, scope, names, hmac.new(
                key, text.encode(), "sha256").hexdigest())

    def question(self, method, key, query, body, more):
        """Path and headers of a signed request."""
        path = "/" + self.bucket + ("/" + quote(key, "/") if key else "")
        query = "&".join("%s=%s" % (quote(k), quote(v))
                         for k, v in sorted((query or {}).items()))
        digest = hashlib.sha256(body or b"").hexdigest()
        headers = {
            "host": "127.0.0.1:%d" % self.port,
            "x-amz-content-sha256": digest,
            "x-amz-date": datetime.datetime.now(
                datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")}
        headers["Authorization"] = self.signature(
            method, path, query, headers, digest)
        headers.update(more or {})
        return path + ("?" + query if query else ""), headers

    def ask(self, method, key="", query=None, body=None, headers=None):
        """Status, headers and body of one request."""
        path, headers = self.question(method, key, query, body, headers)
        for again in (True, False):
            try:
                c = self.connect()
                c.request(method, path, body, headers)
                answer = c.getresponse()
                data = answer.read()
                if answer.getheader("Connection", "").lower() == "close":
                    self.close()
                return answer.status, answer.headers, data
            except (OSError, http.client.HTTPException):
                self.close()
                if not again:
                    raise

    def must(self, *args, **kw):
        status, headers, data = self.ask(*args, **kw)
        if status // 100 != 2:
            raise OSError("%s: %d %s" % (args, status, data[:300]))
        return headers, data

    def make_bucket(self):
        status, _, data = self.ask("PUT")
        if status != 200 and b"BucketAlready" not in data:
            raise OSError("no bucket: %d %s" % (status, data[:300]))

    def get(self, key):
        return self.must("GET", key)[1]

    def put(self, key, data):
        return self.must("PUT", key, body=data)[0]

    def remove(self, key):
        self.must("DELETE", key)

    def keys(self, prefix=""):
        """Every key below, as one listing after the other tells them."""
        found, token = [], None
        while True:
            query = {"list-type": "2", "prefix": prefix,
                     "encoding-type": "url"}
            if token:
                query["continuation-token"] = token
            tree = ET.fromstring(self.must("GET", query=query)[1])
            space = tree.tag[:tree.tag.index("}") + 1] \
                if "}" in tree.tag else ""
            for one in tree.iter(space + "Contents"):
                found.append(urllib.parse.unquote(
                    one.findtext(space + "Key")))
            token = tree.findtext(space + "NextContinuationToken")
            if tree.findtext(space + "IsTruncated") != "true":
                return found
