// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// How this library stands to the store, asked for by everybody who shows it:
// the bar at the top, the sync view.  Nobody has to reload to learn that
// another replica has published something: syncs tell of it, and while the
// page is looked at, the store is asked once a minute.

import * as api from "./api.js";
import { seldom } from "./dom.js";
import { events } from "./events.js";

export const standing = new EventTarget();
export let status = null;       // the answer of /sync/status

const interval = 60000;
let timer = 0;
let isRunning = false;

// Versions of the store that are not here yet; 0 where nobody knows.
export const behind = (s = status) => s?.remote_version == null ? 0
    : Math.max(0, s.remote_version - s.local_version);

// Asks; `fresh` asks the store too, however long it takes.
export async function look(fresh = false, options = {}) {
	const answer = await api.get("sync/status",
	    { query: { fresh: fresh ? "yes" : null }, ...options });

	status = answer;
	standing.dispatchEvent(new CustomEvent("change", { detail: answer }));
	return answer;
}

// ---- looking -------------------------------------------------------------------

// What goes wrong here is said by what people ask for themselves.
async function lookQuietly(fresh) {
	if (!isRunning || document.hidden)
		return;
	try {
		await look(fresh, { quiet: true });
	} catch {
		// the next time, then
	}
}

// A sync that succeeded has reached a store that was away a moment ago.
const soon = seldom(400, () => lookQuietly(status?.remote_reachable === false));
const again = () => lookQuietly(true);

for (const name of ["syncComplete", "syncError", "remoteChanged", "fileChanged",
	"resync"])
	events.addEventListener(name, soon);
document.addEventListener("visibilitychange", again);

export function start() {
	isRunning = true;
	clearInterval(timer);
	timer = setInterval(again, interval);
	again();
}

export function stop() {
	isRunning = false;
	status = null;
	clearInterval(timer);
}
