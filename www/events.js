// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// The one event stream of this browser.  Tabs elect one of them (Web Locks),
// which holds the stream and hands its events to the others (BroadcastChannel);
// when it is closed another takes over where it stopped.  Where a host buffers
// streams, the page finds out within three seconds and asks again and again
// instead.
//
//	events.addEventListener("fileChanged", (e) => e.detail)

import * as api from "./api.js";

export const events = new EventTarget();

const names = ["syncProgress", "syncState", "syncMessage", "syncComplete",
	"syncError", "fileChanged", "remoteChanged", "resync", "test"];
const patience = 3000;  // until a stream that says nothing is given up
const interval = 3000;  // of asking

let channel = null;
let last = "";          // id of the newest event seen
let source = null;
let timer = 0;
let stopped = true;
let release = null;     // gives up being the one that listens

// The data of an event is JSON where it can be; a sentence otherwise.
function tell(name, text) {
	let detail = text;

	try {
		detail = JSON.parse(text);
	} catch {
		// a sentence
	}
	events.dispatchEvent(new CustomEvent(name, { detail }));
}

function arrived(name, id, data) {
	if (id)
		last = id;
	tell(name, data);
	channel?.postMessage({ name, id, data });
}

// ---- listening ----------------------------------------------------------------

function listen() {
	const address = new URL("sse/subscribe", api.base);

	if (last)
		address.searchParams.set("lastEventId", last);
	source = new EventSource(address);
	timer = setTimeout(ask, patience);
	source.addEventListener("connected", () => {
		clearTimeout(timer);
		api.noteConnection("online");
	});
	for (const name of names) {
		source.addEventListener(name,
		    (e) => arrived(name, e.lastEventId, e.data));
	}
	source.onerror = () => {
		clearTimeout(timer);
		// Closed for good: refused, or no stream at all.
		if (source?.readyState === EventSource.CLOSED)
			later(refused);
	};
}

function later(f) {
	source?.close();
	source = null;
	clearTimeout(timer);
	if (!stopped)
		timer = setTimeout(f, interval);
}

// A request of the ordinary kind finds out why: the session, or the server.
async function refused() {
	try {
		await api.get("auth/status");
		listen();
	} catch {
		later(refused);
	}
}

// ---- asking --------------------------------------------------------------------

async function ask() {
	source?.close();
	source = null;
	try {
		const news = await api.get("sse/poll", { query: { since: last } });

		last = news.last || last;
		for (const e of news.events)
			arrived(e.event, e.id, e.data);
		if (news.resync)
			arrived("resync", "", "");
	} catch {
		// told at the top of the page
	}
	if (!stopped)
		timer = setTimeout(ask, interval);
}

// ---- which tab -----------------------------------------------------------------

function lead() {
	if (stopped)
		return undefined;
	listen();
	return new Promise((resolve) => {
		release = resolve;
	});
}

export function start() {
	if (!stopped)
		return;
	stopped = false;
	channel = "BroadcastChannel" in window
	    ? new BroadcastChannel(`stemma ${api.base.pathname}`) : null;
	channel?.addEventListener("message", ({ data }) => {
		if (data.id)
			last = data.id;
		tell(data.name, data.data);
	});
	if (navigator.locks && channel)
		navigator.locks.request(`stemma events ${api.base.pathname}`, lead);
	else
		listen();
}

export function stop() {
	stopped = true;
	source?.close();
	source = null;
	clearTimeout(timer);
	release?.();
	release = null;
	channel?.close();
	channel = null;
	last = "";
}
