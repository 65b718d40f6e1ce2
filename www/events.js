// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// The one event stream of this browser.  Tabs elect one of them (by a Web Lock;
// by turns of speaking where there are none, as without HTTPS), which holds the
// stream and hands its events to the others (BroadcastChannel); when it is
// closed another takes over where it stopped.  Where a host holds streams back,
// the page finds out within three seconds: it wants each event filled up to what
// such hosts let pass, and where that does not help either it asks again and
// again instead.
//
//	events.addEventListener("fileChanged", (e) => e.detail)

import * as api from "./api.js";

export const events = new EventTarget();

const names = ["syncProgress", "syncState", "syncMessage", "syncComplete",
	"syncError", "fileChanged", "remoteChanged", "locksChanged",
	"settingsChanged", "resync", "test"];
const patience = 1500;  // until a stream that says nothing is given up
const filled = 4100;    // bytes: Apache holds back 4,096
const interval = 3000;  // of asking
const another = 300000; // until a stream is tried once more
const turn = 1000;      // of saying that one listens
const silence = 2500;   // after which another begins

let channel = null;
let last = "";          // id of the newest event seen
let source = null;
let timer = 0;
let stopped = true;
let leading = null;     // gives up being the one that listens, or to want it
let pad = 0;            // bytes that each event is to have
let isLeading = false;  // is this the tab that listens?
let asksUntil = 0;      // this host holds streams back: no new one before

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

// After a break the browser itself goes on where it was.
function listen() {
	const address = new URL("sse/subscribe", api.base);

	if (last)
		address.searchParams.set("lastEventId", last);
	if (pad)
		address.searchParams.set("pad", pad);
	close();
	source = new EventSource(address);
	timer = setTimeout(heldBack, patience);
	source.addEventListener("connected", () => {
		api.noteConnection("online");
		prove();
	});
	for (const name of names) {
		source.addEventListener(name, (e) => {
			clearTimeout(timer);
			arrived(name, e.lastEventId, e.data);
		});
	}
	source.onerror = () => {
		clearTimeout(timer);
		// Closed for good: refused, or no stream at all.
		if (source?.readyState === EventSource.CLOSED)
			later(findOut);
		else
			lookAround();
	};
}

// The first words may pass where later ones are held back, so one is asked for.
function prove() {
	api.post("sse/test/echo", ["listening"], { quiet: true })
	    .catch(() => clearTimeout(timer));
}

function close() {
	clearTimeout(timer);
	source?.close();
	source = null;
}

function later(f) {
	close();
	if (!stopped)
		timer = setTimeout(f, interval);
}

// A request of the ordinary kind finds out why: the session, or the server.
// Nobody is asked to sign in for it.
async function findOut() {
	try {
		await api.get("auth/status", { quiet: true });
		if (!stopped)
			listen();
	} catch {
		later(findOut);
	}
}

// Says at the top that the server is gone, and when it is back.
function lookAround() {
	api.get("auth/status", { quiet: true }).catch(() => {});
}

// ---- asking --------------------------------------------------------------------

function heldBack() {
	if (pad) {
		asksUntil = Date.now() + another;
		ask();
	} else {
		pad = filled;
		listen();
	}
}

async function ask() {
	close();
	try {
		const news = await api.get("sse/poll",
		    { query: { since: last }, quiet: true });

		last = news.last || last;
		for (const e of news.events)
			arrived(e.event, e.id, e.data);
		if (news.resync)
			arrived("resync", "", "");
	} catch {
		// told at the top of the page
	}
	if (!stopped)
		timer = setTimeout(Date.now() < asksUntil ? ask : listen, interval);
}

// ---- which tab -----------------------------------------------------------------

// What happens until a stream is there, or a second one, is heard afterwards:
// it begins where the hub stands now.
async function begin() {
	isLeading = true;
	try {
		last ||= (await api.get("sse/poll", { quiet: true })).last;
	} catch {
		// told at the top of the page
	}
	if (isLeading)
		listen();
}

// Whoever listens says so each second, and when asked; whoever has not heard it
// for a while begins, and who hears that another has begun leaves it to that
// one.
function takeTurns(signal) {
	let heard = Date.now() - silence;
	let timer = 0;
	const say = (what) => channel?.postMessage({ turn: what });
	const tick = () => {
		if (!isLeading && Date.now() - heard >= silence)
			begin();
		if (isLeading)
			say("mine");
		timer = setTimeout(tick, turn + Math.random() * turn / 2);
	};

	channel.addEventListener("message", ({ data }) => {
		if (data.turn === "whose" && isLeading)
			say("mine");
		if (data.turn !== "mine")
			return;
		heard = Date.now();
		if (isLeading) {
			isLeading = false;
			close();
		}
	});
	signal.addEventListener("abort", () => clearTimeout(timer));
	say("whose");
	timer = setTimeout(tick, turn / 4);
}

// Holds the lock, and the stream, until stop() is called or the tab is closed.
function lead(signal) {
	return new Promise((resolve) => {
		signal.addEventListener("abort", resolve);
		begin();
	});
}

async function compete(signal) {
	try {
		await navigator.locks.request(`stemma events ${api.base.pathname}`,
		    { signal }, () => signal.aborted || lead(signal));
	} catch (error) {
		if (error.name !== "AbortError")
			throw error;
	}
}

export function start() {
	if (!stopped)
		return;
	stopped = false;
	leading = new AbortController();
	channel = "BroadcastChannel" in window
	    ? new BroadcastChannel(`stemma ${api.base.pathname}`) : null;
	channel?.addEventListener("message", ({ data }) => {
		if (data.turn)
			return;
		if (data.id)
			last = data.id;
		tell(data.name, data.data);
	});
	if (navigator.locks && channel)
		compete(leading.signal);
	else if (channel)
		takeTurns(leading.signal);
	else
		begin();
}

export function stop() {
	stopped = true;
	isLeading = false;
	close();
	leading?.abort();
	channel?.close();
	channel = null;
	last = "";
}

// A session that goes on, or a network that is back: at once, not in a while.
api.connection.addEventListener("change", ({ detail }) => {
	if (detail === "online" && isLeading && source === null &&
	    Date.now() >= asksUntil)
		listen();
});
