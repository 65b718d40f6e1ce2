// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors
//
// npm's webdav-server over a folder of the disk:
//
//	NODE_PATH=… PASSWORD=… node webdav-server.js PORT ROOT USER
"use strict";

const webdav = require("webdav-server").v2;
const [port, root, name] = process.argv.slice(2);

const users = new webdav.SimpleUserManager();
const user = users.addUser(name, process.env.PASSWORD, false);
const rights = new webdav.SimplePathPrivilegeManager();
rights.setRights(user, "/", ["all"]);

const server = new webdav.WebDAVServer({
	hostname: "127.0.0.1",
	port: Number(port),
	httpAuthentication: new webdav.HTTPBasicAuthentication(users, "test"),
	privilegeManager: rights,
	requireAuthentification: true,
});

let serves = false;

// One broken request ends the process otherwise, and all others with it.
process.on("uncaughtException", (e) => {
	console.error(e);
	if (!serves)
		process.exit(1);
});

server.beforeRequest((context, next) => {
	context.response.on("finish", () => console.log(
		`"${context.request.method} ${context.request.url}"`,
		context.response.statusCode));
	next();
});
server.setFileSystem("/", new webdav.PhysicalFileSystem(root), (ok) => {
	if (!ok)
		process.exit(1);
	server.start(() => {
		serves = true;
	});
});
