// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// The one place that calls fetch and turns an error into words.
//
// A request that meets a session that has ended waits until somebody has signed
// in again, and is then repeated: nothing that was typed is lost.  One that
// meets no connection waits and tries again, if it changes nothing or may be
// sent twice (`repeat`); others wait where it is known beforehand that there is
// none.  What nobody asked for (`quiet`) never asks anybody to sign in.

import { t } from "./i18n.js";

export const base = new URL("api/v1/", document.baseURI);

// What is said at the top: "online", "offline", "starting", "ended" (the session).
export const connection = new EventTarget();
let state = "online";

export const connectionState = () => state;
export const isOnline = () => state === "online";

// That a server answers does not make a session that has ended go on.
function noteAnswer() {
	if (state !== "ended")
		noteConnection("online");
}

export function noteConnection(next) {
	if (next === state)
		return;
	state = next;
	connection.dispatchEvent(new CustomEvent("change", { detail: next }));
}

export class ApiError extends Error {
	constructor(status, detail, headers) {
		super(words(status, detail));
		this.status = status;
		this.detail = detail;
		this.requestId = headers?.get("X-Request-Id") ?? "";
		this.retryAfter = Number(headers?.get("Retry-After")) || 0;
	}
}

function words(status, detail) {
	if (typeof detail === "string" && detail)
		return detail;
	if (Array.isArray(detail))
		return detail.map((d) => [d.loc?.slice(1).join("."), d.msg]
		    .filter(Boolean).join(": ")).join("; ");
	return t(status ? "error.status" : "error.offline", { status });
}

// ---- who waits for a session ------------------------------------------------

let signIn = null;      // shows the form; resolves when somebody is signed in
let signingIn = null;   // while it is shown

export function onSessionEnd(f) {
	signIn = f;
}

// Whoever asks for it, or meets its end first, shows the form; all others wait.
export function waitForSession() {
	signingIn ??= signIn().finally(() => {
		signingIn = null;
	});
	return signingIn;
}

// ---- requests ----------------------------------------------------------------

const pause = (ms, signal) => new Promise((resolve, reject) => {
	const timer = setTimeout(resolve, ms);

	signal?.addEventListener("abort", () => {
		clearTimeout(timer);
		reject(signal.reason);
	});
});

function url(path, query) {
	const address = new URL(path.replace(/^\//, ""), base);

	for (const [name, value] of Object.entries(query ?? {})) {
		if (value !== undefined && value !== null && value !== "")
			address.searchParams.set(name, value);
	}
	return address;
}

async function once(method, path, options) {
	const init = { method, headers: { ...options.headers },
		signal: options.signal, credentials: "same-origin",
		cache: "no-store" };

	if (options.json !== undefined) {
		init.headers["Content-Type"] = "application/json";
		init.body = JSON.stringify(options.json);
	} else if (options.body !== undefined) {
		init.body = options.body;
	}
	return fetch(url(path, options.query), init);
}

// A server that is being restarted says 502, 503 or 504 without our JSON.
const isStarting = (answer) => [502, 503, 504].includes(answer.status) &&
    !answer.headers.get("X-Request-Id");

// The answer, or null where there was none; either way it is said at the top.
async function tried(method, path, options) {
	try {
		const answer = await once(method, path, options);

		if (!isStarting(answer)) {
			noteAnswer();
			return answer;
		}
		noteConnection("starting");
	} catch (error) {
		if (error.name === "AbortError" || options.signal?.aborted)
			throw error;
		noteConnection("offline");
	}
	return null;
}

const wait = (tries, signal) =>
    pause(Math.min(500 * 2 ** tries, 10000), signal);

// Until the server answers: a change that is sent into the void may happen or
// not, so it is not sent before.
async function untilReachable(options) {
	for (let tries = 0; state === "offline" || state === "starting"; tries++) {
		if (!await tried("GET", "health", { signal: options.signal }))
			await wait(tries, options.signal);
	}
}

async function answered(method, path, options) {
	const mayRepeat = options.repeat ??
	    (["GET", "PATCH"].includes(method) && !options.once);

	if (method !== "GET")
		await untilReachable(options);
	for (let tries = 0;; tries++) {
		const answer = await tried(method, path, options);

		if (answer)
			return answer;
		if (!mayRepeat)
			throw new ApiError(0, null);
		await wait(tries, options.signal);
	}
}

async function detailOf(answer) {
	try {
		return (await answer.json()).detail;
	} catch {
		return null;
	}
}

// The answer itself, when its status is a good one.
export async function send(method, path, options = {}) {
	for (;;) {
		const answer = await answered(method, path, options);

		if (answer.ok)
			return answer;
		const error = new ApiError(answer.status, await detailOf(answer),
		    answer.headers);
		if (answer.status !== 401 || options.noSignIn || !signIn ||
		    error.detail === "Invalid credentials")
			throw error;
		noteConnection("ended");
		if (options.quiet)
			throw error;
		await waitForSession();
	}
}

async function parsed(method, path, options) {
	const answer = await send(method, path, options);
	const type = answer.headers.get("Content-Type") ?? "";

	return type.startsWith("application/json") ? answer.json() : answer.text();
}

export const get = (path, options) => parsed("GET", path, options);
export const post = (path, json = {}, options = {}) =>
    parsed("POST", path, { ...options, json });
export const patch = (path, json, options = {}) =>
    parsed("PATCH", path, { ...options, json });
export const remove = (path, options) => parsed("DELETE", path, options);

export const contentUrl = (id) => url(`files/${encodeURIComponent(id)}`).href;
export const versionUrl = (id, hash) =>
    url(`files/${encodeURIComponent(id)}/versions/${hash}`).href;
