// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// An EventSource as programs have it (npm's eventsource), which 71-eventsource
// listens with: node eventsource.mjs ADDRESS.  What it hears it prints, one JSON
// text a line.  The session stands in STEMMA_SESSION.

import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(path.join(process.env.STEMMA_NODE_MODULES,
    "client.js"));
const { EventSource } = require("eventsource");

const names = ["connected", "test", "syncProgress", "syncState", "syncMessage",
	"syncComplete", "syncError", "fileChanged", "remoteChanged", "resync",
	"message"];
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

const source = new EventSource(process.argv[2], {
	fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers,
		"X-Session-Id": process.env.STEMMA_SESSION } }) });

for (const name of names) {
	source.addEventListener(name, ({ data, lastEventId: id }) =>
	    say({ event: name, data, id }));
}
source.addEventListener("open", () => say({ is: "open" }));
source.addEventListener("error", (e) => say({ is: "error",
	code: e.code ?? 0, closed: source.readyState === EventSource.CLOSED }));
