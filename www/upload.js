// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// Files on their way to the server: a few at a time, small ones in one piece,
// large ones in pieces (tus) that go on where they were broken off, even after
// the page was closed, when the same file is given again.  Without tus all go in
// one piece.  They go on while other views are shown.
//
//	uploads.add([{ file, path, collection }])
//	uploads.addEventListener("change", draw)

import * as api from "./api.js";
import { t } from "./i18n.js";

const parallel = 3;
const small = 1 << 20;       // bytes that go in one piece
const around = 4096;         // what a form adds to a file
const head = 128 * 1024;     // bytes in which a TEI says what it belongs to
const waits = [1000, 2000, 4000, 8000, 15000, 30000];

// A server that has too much to do, or is away for a moment.
const passes = (status) => [0, 408, 423, 429, 500, 502, 503, 504]
    .includes(status);

class Refused extends Error {
	constructor(status, text) {
		super(text);
		this.status = status;
	}
}

// ---- what kind of file ------------------------------------------------------------

const bytesOf = async (file, n) =>
    new Uint8Array(await file.slice(0, n).arrayBuffer());

const isPdf = (data) => new TextDecoder("latin1").decode(data.subarray(0, 1024))
    .includes("%PDF-");

function textOf(data) {
	const wide = data[0] === 0xff && data[1] === 0xfe ? "utf-16le"
	    : data[0] === 0xfe && data[1] === 0xff ? "utf-16be" : "utf-8";

	return new TextDecoder(wide).decode(data);
}

// What can be said at once is not sent first.
async function look(file) {
	if (file.size === 0)
		throw new Refused(400, t("upload.empty"));
	const data = await bytesOf(file, head).catch(() => {
		throw new Refused(400, t("upload.unreadable"));
	});

	if (isPdf(data))
		return { text: null };
	const text = textOf(data);

	if (!/^\s*</.test(text))
		throw new Refused(400, t("upload.kind"));
	return { text };
}

const stem = (name) => name.replace(/\.(pdf|xml|rng|tei)$/i, "")
    .replace(/\.tei$/i, "").replace(/\.v\d+$/i, "") || name;

// A TEI says which document it belongs to; others go by their names, so that a
// PDF and its TEI come together.
function documentOf(job, text) {
	const found = text?.match(
	    /<(?:\w+:)?idno\s[^>]*type\s*=\s*["']fileref["'][^>]*>([^<]+)</);

	return found?.[1].trim() || stem(job.file.name);
}

// ---- what the server says -----------------------------------------------------------

function detailOf(body) {
	try {
		const { detail } = JSON.parse(body);

		return typeof detail === "string" ? detail
		    : detail?.map((d) => d.msg).join("; ");
	} catch {
		return null;
	}
}

function refusal(job, status, body) {
	const detail = detailOf(body);
	const known = { 413: "upload.large", 507: "upload.full" }[status];

	if (known)
		return t(known);
	if (/^Invalid file type/.test(detail ?? ""))
		return t(job.isPdf ? "upload.kind" : "upload.xml");
	if (status === 403)
		return t("upload.denied");
	return detail || t("error.status", { status });
}

// ---- in one piece --------------------------------------------------------------------

// XMLHttpRequest, since fetch does not tell how much has been sent.
function sendWhole(job, told) {
	const form = new FormData();

	form.append("doc_id", job.docId);
	if (job.collection)
		form.append("collections", JSON.stringify([job.collection]));
	form.append("file", job.file, job.file.name);
	return new Promise((resolve, reject) => {
		const ask = new XMLHttpRequest();
		const fail = () => reject(new Refused(0, t("error.offline")));

		job.abort = () => ask.abort();
		ask.open("POST", new URL("files/upload", api.base));
		ask.upload.addEventListener("progress", (e) =>
		    told(Math.min(job.file.size, e.loaded)));
		ask.addEventListener("error", fail);
		ask.addEventListener("abort", fail);
		ask.addEventListener("load", () => {
			if (ask.status === 200)
				resolve(JSON.parse(ask.responseText).filename);
			else
				reject(new Refused(ask.status,
				    refusal(job, ask.status, ask.responseText)));
		});
		ask.send(form);
	});
}

// ---- in pieces -------------------------------------------------------------------------

let limits = null;

// What the server takes in one request, and at all; and tus, if it is there.
async function find() {
	const answer = await api.send("OPTIONS", "files/uploads",
	    { noSignIn: true });
	const number = (name) => Number(answer.headers.get(name)) || Infinity;
	const tus = await import("./vendor/tus.js").then((m) => m.default,
	    () => null);

	return { piece: number("Stemma-Chunk-Size"), most: number("Tus-Max-Size"),
		tus };
}

function known() {
	limits ??= find().catch((error) => {
		limits = null;
		throw error;
	});
	return limits;
}

function sendPieces(job, told, { tus, piece }) {
	return new Promise((resolve, reject) => {
		const metadata = { filename: job.file.name, doc_id: job.docId };

		if (job.collection)
			metadata.collections = JSON.stringify([job.collection]);
		const upload = new tus.Upload(job.file, {
			endpoint: new URL("files/uploads", api.base).href,
			chunkSize: piece, metadata, retryDelays: [],
			removeFingerprintOnSuccess: true,
			onProgress: (sent) => told(sent),
			onSuccess: ({ lastResponse }) =>
			    resolve(lastResponse.getHeader("Stemma-Id")),
			onError: (error) => {
				const answer = error.originalResponse;
				const status = answer?.getStatus() ?? 0;

				reject(new Refused(status, refusal(job, status,
				    answer?.getBody())));
			},
		});

		job.abort = (forGood) => {
			upload.abort(forGood).catch(() => {});
			reject(new Refused(0, t("error.offline")));
		};
		upload.findPreviousUploads().then((list) => {
			if (list.length)
				upload.resumeFromPreviousUpload(list[0]);
			upload.start();
		}, reject);
	});
}

async function send(job, told) {
	const how = await known();

	if (job.file.size > how.most)
		throw new Refused(413, t("upload.large"));
	return how.tus && job.file.size + around > Math.min(small, how.piece)
	    ? sendPieces(job, told, how) : sendWhole(job, told);
}

// ---- all of them -----------------------------------------------------------------------

// state: queued, sending, waiting, done, refused, cancelled
class Uploads extends EventTarget {
	constructor() {
		super();
		this.jobs = [];
		this.next = 0;          // where to look for a queued one
		this.running = 0;
		this.bytes = 0;         // of all that are not cancelled
		this.doneBytes = 0;     // of those that are at an end
		this.counts = { queued: 0, sending: 0, waiting: 0, done: 0,
			refused: 0, cancelled: 0 };
		api.connection.addEventListener("change", () => this.wake());
	}

	get left() {
		return this.counts.queued + this.counts.sending +
		    this.counts.waiting;
	}

	get sent() {
		return this.doneBytes + this.jobs.reduce((n, job) =>
		    n + (job.state === "sending" || job.state === "waiting"
		        ? job.sent : 0), 0);
	}

	told() {
		this.dispatchEvent(new Event("change"));
	}

	turn(job, state, text = "") {
		const isEnd = (name) => ["done", "refused"].includes(name);
		const size = job.file.size;

		this.counts[job.state]--;
		this.counts[state]++;
		this.doneBytes += size * (isEnd(state) - isEnd(job.state));
		this.bytes += size * ((job.state === "cancelled") -
		    (state === "cancelled"));
		Object.assign(job, { state, text });
		this.told();
	}

	add(list) {
		for (const { file, path, collection } of list) {
			this.jobs.push({ file, path, collection, docId: "",
				isPdf: false, state: "queued", sent: 0, text: "", id: null,
				n: this.jobs.length, tries: 0, abort: null,
				wake: null });
			this.counts.queued++;
			this.bytes += file.size;
		}
		this.told();
		this.go();
	}

	go() {
		while (this.running < parallel) {
			while (this.jobs[this.next] &&
			    this.jobs[this.next].state !== "queued")
				this.next++;
			const job = this.jobs[this.next];

			if (!job)
				return;
			this.running++;
			this.turn(job, "sending");
			this.run(job).finally(() => {
				this.running--;
				this.go();
			});
		}
	}

	async run(job) {
		while (job.state === "sending") {
			try {
				const { text } = await look(job.file);

				job.isPdf = text === null;
				job.docId = documentOf(job, text);
				const id = await send(job, (n) => {
					job.sent = n;
					this.told();
				});

				if (job.state === "sending") {
					Object.assign(job, { id,
						sent: job.file.size });
					this.turn(job, "done");
				}
			} catch (error) {
				await this.failed(job, error);
			}
		}
	}

	async failed(job, error) {
		if (job.state !== "sending")
			return;
		if (error.status === 401) {
			// Waits until somebody has signed in again.
			await api.get("auth/status").catch((e) =>
			    this.turn(job, "refused", e.message));
		} else if (passes(error.status ?? -1)) {
			this.turn(job, "waiting", error.message);
			await this.pause(job);
			if (job.state === "waiting")
				this.turn(job, "sending");
		} else {
			this.turn(job, "refused", error.message);
		}
	}

	pause(job) {
		const ms = waits[Math.min(job.tries++, waits.length - 1)];

		return new Promise((resolve) => {
			const timer = setTimeout(resolve, ms);

			job.wake = () => {
				clearTimeout(timer);
				resolve();
			};
		});
	}

	// The connection is back, or somebody is impatient.
	wake() {
		if (!api.isOnline())
			return;
		for (const job of this.jobs)
			job.wake?.();
	}

	retry(job) {
		if (job.state === "waiting") {
			job.wake?.();
			return;
		}
		job.sent = 0;
		job.tries = 0;
		this.next = Math.min(this.next, job.n);
		this.turn(job, "queued");
		this.go();
	}

	cancel(job) {
		if (["done", "refused", "cancelled"].includes(job.state))
			return;
		this.turn(job, "cancelled");
		job.abort?.(true);
		job.wake?.();
	}

	cancelAll() {
		for (const job of this.jobs)
			this.cancel(job);
	}

	retryRefused() {
		for (const job of this.jobs) {
			if (job.state === "refused")
				this.retry(job);
		}
	}

	clear() {
		if (this.left)
			return;
		this.jobs = [];
		this.next = this.bytes = this.doneBytes = 0;
		for (const name of Object.keys(this.counts))
			this.counts[name] = 0;
		this.told();
	}
}

export const uploads = new Uploads();

addEventListener("beforeunload", (event) => {
	if (uploads.left)
		event.preventDefault();
});

// ---- what was dropped ------------------------------------------------------------------

const hidden = (name) => name.startsWith(".") || name === "Thumbs.db" ||
    name === "desktop.ini";

const fileOf = (entry) => new Promise((resolve, reject) =>
    entry.file(resolve, reject));

// A folder is told in parts, until there are none.
async function entriesOf(folder) {
	const reader = folder.createReader();
	const all = [];

	for (;;) {
		const part = await new Promise((resolve, reject) =>
		    reader.readEntries(resolve, reject));

		if (!part.length)
			return all;
		all.push(...part);
	}
}

async function walk(entry, list) {
	if (hidden(entry.name))
		return;
	if (entry.isFile) {
		list.push({ file: await fileOf(entry),
			path: entry.fullPath.replace(/^\//, "") });
		return;
	}
	for (const one of await entriesOf(entry))
		await walk(one, list);
}

// All files of a drop, those in folders too.  `entries` are null where a browser
// tells nothing of folders.
export async function dropped(entries, files) {
	const list = [];

	if (entries.some((entry) => !entry))
		return files.map((file) => ({ file, path: file.name }));
	for (const entry of entries)
		await walk(entry, list);
	return list;
}

export const picked = (input) => [...input.files]
    .filter((file) => !hidden(file.name))
    .map((file) => ({ file, path: file.webkitRelativePath || file.name }));
