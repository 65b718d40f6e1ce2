// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// How things stand with the store, in one sentence; what a sync would do; the
// sync while it runs; and all that were before.

import * as api from "./api.js";
import { h, replace, s, seldom } from "./dom.js";
import { events } from "./events.js";
import { bytes, duration, exactly, t, when } from "./i18n.js";
import { forPeople, troubleNotice } from "./recover.js";
import { may } from "./session.js";
import { behind, look, standing } from "./standing.js";
import { button, complain, confirm, progress, say } from "./ui.js";

const runsShown = 30;
const messagesKept = 200;

// ---- how things stand ----------------------------------------------------------

// The plan's counts as words: "3 documents to send, 5 to fetch".
function waiting(status) {
	const parts = [];

	if (status.unsynced_count > 0)
		parts.push(t("sync.toSend", { n: status.unsynced_count }));
	if (behind(status) > 0)
		parts.push(t("sync.behind", { n: behind(status) }));
	return parts.length ? parts.join(", ") + "." : t("sync.needed");
}

// What could not be had waits for the store, not for a person.
function inStep(status) {
	const missing = status.last_summary?.left ?? 0;
	const since = when(status.last_sync_time);

	return missing > 0
	    ? { kind: "warn", text: t("sync.inStepBut",
	        { when: since, n: missing }) }
	    : { kind: "good", text: t("sync.inStep", { when: since }) };
}

export function sentence(status) {
	if (status.sync_in_progress)
		return { kind: "info", text: t("sync.running") };
	if (status.moved_to)
		return { kind: "warn", text: t("sync.moved") };
	if (status.needs_recovery)
		return { kind: "bad", text: t("sync.troubled") };
	if (!status.remote_reachable && status.remote_error)
		return { kind: "bad", text: t("sync.unreachable", {
			since: status.last_sync_time
			    ? when(status.last_sync_time) : t("sync.ever"),
			why: status.remote_error }) };
	if (status.needs_sync)
		return { kind: "warn", text: waiting(status) };
	return status.last_sync_time ? inStep(status)
	    : { kind: "good", text: t("sync.never") };
}

const signs = { good: "✓", warn: "↻", bad: "!", info: "…" };

function stands({ kind, text, conflicts }) {
	return h("p", { class: `stands ${kind}`, role: "status" },
	    h("span", { class: "sign", "aria-hidden": "true" }, signs[kind]),
	    h("span", {}, text, conflicts > 0 && [" ",
	        h("a", { href: "#/conflicts" },
	            t("sync.conflicts", { n: conflicts }))]));
}

// ---- what a sync would do -------------------------------------------------------

const actions = ["send", "send deletion", "take", "take deletion", "merge",
	"conflict"];

function steps(plan, action) {
	const some = plan.steps.filter((step) => step.action === action);

	if (!some.length)
		return null;
	return h("details", {},
	    h("summary", {}, t(`plan.${action}`, { n: some.length })),
	    h("ul", { class: "steps" }, some.map((step) => h("li", {},
	        step.filename ?? t("plan.private"),
	        step.bytes > 0 && h("small", {}, ` ${bytes(step.bytes)}`)))));
}

function drawPlan(box, plan) {
	replace(box,
	    plan.guard && h("p", { class: "notice" },
	        guardText(plan.guard_reason)),
	    plan.steps.length ? actions.map((a) => steps(plan, a))
	        : h("p", {}, t("plan.nothing")),
	    plan.more > 0 && h("p", {}, t("plan.more", { n: plan.more })));
}

// ---- while it runs ---------------------------------------------------------------

class Running {
	constructor() {
		this.bar = progress(0, 0);
		this.line = h("p", { class: "line" });
		this.messages = h("ol", { class: "messages" });
		this.node = h("section", { class: "sheet running", hidden: true,
			"aria-label": t("sync.progress") },
		    h("h2", {}, t("sync.progress")), this.bar, this.line,
		    h("details", { open: true }, h("summary", {}, t("sync.messages")),
		        this.messages));
		this.rate = { at: 0, bytes: 0, speed: 0 };
	}

	begin() {
		if (this.node.hidden)
			replace(this.messages);
		this.node.hidden = false;
	}

	end() {
		this.node.hidden = true;
		this.rate = { at: 0, bytes: 0, speed: 0 };
	}

	// Bytes in a second, told calmly.
	measure(done) {
		const now = performance.now() / 1000, r = this.rate;

		if (done < r.bytes || !r.at) {
			Object.assign(r, { at: now, bytes: done, speed: 0 });
		} else if (now - r.at > 0.5) {
			const speed = (done - r.bytes) / (now - r.at);

			Object.assign(r, { at: now, bytes: done,
				speed: r.speed ? 0.6 * r.speed + 0.4 * speed
				    : speed });
		}
		return r.speed;
	}

	state(now) {
		const speed = this.measure(now.bytes_done);
		const total = now.bytes_total || now.files_total;
		const done = now.bytes_total ? now.bytes_done : now.files_done;

		this.begin();
		if (total > 0) {
			this.bar.max = total;
			this.bar.value = done;
		} else {
			this.bar.removeAttribute("value");
		}
		this.bar.setAttribute("aria-label", t(`phase.${now.phase}`));
		replace(this.line, [t(`phase.${now.phase}`),
			now.files_total > 0 && t("sync.files", {
				done: now.files_done, total: now.files_total }),
			now.bytes_total > 0 && t("sync.bytes", {
				done: bytes(now.bytes_done),
				total: bytes(now.bytes_total) }),
			speed > 0 && t("sync.rate", { rate: bytes(speed) }),
			now.eta_s > 0 && t("sync.left",
			    { time: duration(now.eta_s) })].filter(Boolean)
		    .join(" · "));
	}

	message(text) {
		this.begin();
		this.messages.append(h("li", {}, String(text)));
		if (this.messages.children.length > messagesKept)
			this.messages.firstChild.remove();
		this.messages.scrollTop = this.messages.scrollHeight;
	}
}

// ---- how it went -----------------------------------------------------------------

const counts = ["uploaded", "downloaded", "metadata_synced", "deleted_remote",
	"deleted_local", "merged", "conflicts", "errors"];

export function summaryText(summary) {
	const parts = counts.filter((name) => summary[name] > 0)
	    .map((name) => t(`summary.${name}`, { n: summary[name] }));

	if (summary.skipped || !parts.length)
		return t("summary.nothing");
	return parts.join(", ");
}

// A content is named by its hash; people know it by the name of a file.
const filenames = new Map();

const hashIn = (path) => /[0-9a-f]{64}/.exec(path)?.[0];
const nameOf = (path) => filenames.get(hashIn(path)) ?? path;
const failuresOf = (run) => run.summary?.failures ?? [];

function learn(files) {
	for (const g of files) {
		for (const item of [g.pdf, g.versions, g.gold,
			Object.values(g.variants)].flat(2))
			filenames.set(item?.content_hash, item?.filename);
	}
}

// The server says which document it is of to whoever may read that.
async function learnOne(hash, signal) {
	try {
		const { doc_id: docId } = await api.get(`files/${hash}/lineage`,
		    { signal });

		learn((await api.get("files/list",
		    { query: { doc_id: docId }, signal })).files);
	} catch (error) {
		if (error.status !== 404 && error.status !== 403)
			throw error;
	}
	// What nobody knows is not asked for again.
	if (!filenames.has(hash))
		filenames.set(hash, null);
}

async function learnNames(runs, signal) {
	const unknown = () => new Set(runs.flatMap(failuresOf)
	    .map((f) => hashIn(f.file))
	    .filter((hash) => hash && !filenames.has(hash)));

	if (unknown().size)
		learn((await api.get("files/list", { query: {
			state: "to_fetch", limit: 200 }, signal })).files);
	for (const hash of unknown())
		await learnOne(hash, signal);
}

function failures(run) {
	const all = failuresOf(run);
	const more = (run.summary?.errors ?? 0) - all.length;

	if (!all.length)
		return null;
	return h("details", { class: "failures" },
	    h("summary", {}, t("summary.failures", { n: run.summary.errors })),
	    h("ul", {}, all.map((f) => h("li", {},
	        h("strong", {}, nameOf(f.file)), ": ", f.reason)),
	    more > 0 && h("li", {}, t("plan.more", { n: more }))));
}

const kinds = { running: "info", done: "good", skipped: "good", partly: "warn",
	stopped: "warn", guard: "warn" };

function outcome(run) {
	const name = run.in_progress ? "running"
	    : run.outcome === "done" && run.summary?.errors ? "partly"
	    : run.outcome ?? "killed";

	return h("span", { class: `chip ${kinds[name] ?? "bad"}` },
	    t(`outcome.${name}`));
}

const took = (ms) => ms < 1000 ? t("history.instant") : duration(ms / 1000);

function told(run) {
	if (run.outcome === "guard")
		return guardText(run.error);
	if (run.error)
		return forPeople(run.error);
	return run.summary ? summaryText(run.summary) : "";
}

function runRow(run) {
	const sum = run.summary;

	return h("tr", {},
	    h("td", {}, h("time", { datetime: run.started_at,
	        title: exactly(run.started_at) }, when(run.started_at))),
	    h("td", {}, outcome(run)),
	    h("td", { class: "what" }, told(run), failures(run)),
	    h("td", { class: "n", "data-sign": "↑" },
	        sum ? bytes(sum.bytes_up) : ""),
	    h("td", { class: "n", "data-sign": "↓" },
	        sum ? bytes(sum.bytes_down) : ""),
	    h("td", { class: "n" }, sum ? took(sum.duration_ms) : ""));
}

// ---- the chart -------------------------------------------------------------------

const half = 56;        // pixels of each half
const fewest = 20;      // places, so that few syncs do not look like towers

const moved = (run) => run.summary.bytes_up + run.summary.bytes_down;
const changed = (run) => counts.slice(0, 6)
    .reduce((n, name) => n + run.summary[name], 0);

// Sizes differ by orders of magnitude: the ninth part of the most is still to
// be seen.
const tall = (value, most) => value <= 0 ? 0
    : Math.max(3, Math.log1p(value) / Math.log1p(most) * (half - 16));

function bars(run, i, places, most) {
	const x = `${(i + 0.15) / places * 100}%`;
	const width = `${0.7 / places * 100}%`;
	const up = tall(changed(run), most.changed);
	const down = tall(moved(run), most.moved);

	return s("g", { class: run.error ? "bad" : "" },
	    s("title", {}, [when(run.started_at), summaryText(run.summary),
	        bytes(moved(run))].join(" · ")),
	    s("rect", { class: "hit", x: `${i / places * 100}%`, y: 0,
	        width: `${100 / places}%`, height: 2 * half }),
	    up > 0 && s("rect", { class: "changes", x, y: half - 1 - up, width,
	        height: up, rx: 2 }),
	    down > 0 && s("rect", { class: "bytes", x, y: half + 1, width,
	        height: down, rx: 2 }));
}

// Changes of each sync above the line, bytes (both ways) below; the newest to
// the right.  The list has the same in numbers.
function chart(runs) {
	const shown = runs.filter((r) => r.summary).slice(0, runsShown).reverse();
	const places = Math.max(fewest, shown.length);
	const most = { changed: Math.max(1, ...shown.map(changed)),
		moved: Math.max(1, ...shown.map(moved)) };

	if (!shown.length)
		return null;
	return h("figure", { class: "chart" },
	    s("svg", { role: "img", height: 2 * half,
	        "aria-label": t("chart.label", { n: shown.length }) },
	        s("line", { x1: 0, x2: "100%", y1: half, y2: half }),
	        shown.map((run, i) => bars(run, places - shown.length + i,
	            places, most))),
	    h("figcaption", {},
	        h("span", { class: "key changes" }, t("chart.changes",
	            { n: most.changed })),
	        h("span", { class: "key bytes" }, t("chart.bytes",
	            { most: bytes(most.moved) }))));
}

// What a sync that ran by itself was stopped by waits for a person.
function question(runs, decide) {
	if (!decide || runs[0].outcome !== "guard")
		return null;
	return h("div", { class: "notice row" },
	    h("p", { class: "grow" }, guardText(runs[0].error)),
	    button(t("guard.look"), () => decide(runs[0].error)));
}

function drawHistory(box, { runs }, decide) {
	if (!runs.length) {
		replace(box, h("p", {}, t("history.none")));
		return;
	}
	replace(box, question(runs, decide), chart(runs), h("div", { class: "scroll", tabindex: 0,
		role: "group", "aria-label": t("sync.history") },
	    h("table", { class: "syncs" }, h("thead", {}, h("tr", {},
	        ["when", "how", "what", "up", "down", "took"].map((name, i) =>
	            h("th", { scope: "col", class: i > 2 ? "n" : null },
	                t(`history.${name}`))))),
	        h("tbody", {}, runs.slice(0, runsShown).map(runRow)))));
}

// ---- starting one ----------------------------------------------------------------

const numbers = /delete (\d+) of (\d+) records (here|.*store)?.*?\((\d+) more/;

// The guard's own words are for the command line.
export function guardText(detail) {
	const found = numbers.exec(detail ?? "");

	if (!found)
		return detail;
	const [, n, total, where, before] = found;

	return [t(where === "here" ? "guard.here" : "guard.there", { n: Number(n),
		total: Number(total) }),
	Number(before) > 0 && t("guard.before", { n: Number(before) })]
	    .filter(Boolean).join(" ");
}

// The first names of what would go; none where nobody can say.
async function doomed() {
	try {
		const plan = await api.get("sync/plan", { once: true });

		return plan.steps.filter((s) => s.action.endsWith("deletion"))
		    .map((s) => s.filename ?? t("plan.private"));
	} catch {
		return [];
	}
}

// It would delete more than the guard allows: a person has to say so.
async function guarded(detail) {
	const names = await doomed();
	const shown = names.slice(0, 8);
	const list = h("ul", { class: "doomed" },
	    shown.map((name) => h("li", {}, name)),
	    names.length > shown.length &&
	        h("li", {}, t("plan.more", { n: names.length - shown.length })));

	return await confirm(t("guard.title"), [guardText(detail),
		names.length ? list : "", t("guard.what")], t("guard.yes"),
	    { danger: true });
}

// Answers the run's number; null: it was not wanted after all.
export async function startSync(options = {}) {
	try {
		return await api.post("sync", { force: false, ...options },
		    { headers: { Prefer: "respond-async" } });
	} catch (error) {
		if (error.status !== 428)
			throw error;
		return askGuard(error.message);
	}
}

async function askGuard(detail) {
	return await guarded(detail) ? startSync({ confirm_deletions: true })
	    : null;
}

// ---- the view ----------------------------------------------------------------------

// What is on the page, and what keeps it true.
class View {
	constructor(signal) {
		this.signal = signal;
		this.mine = new Set();  // runs that were started here
		this.guards = new Map(); // what stopped a run, by its number
		this.head = h("div", { class: "stands-box" });
		this.trouble = h("div", {});
		this.plan = h("div", {});
		this.history = h("div", {});
		this.running = new Running();
		this.soon = seldom(250, () => this.refresh().catch(complain));
		this.now = button(t("sync.now"), () => this.start({}),
		    { class: "primary" });
		this.force = button(t("sync.force"),
		    () => this.start({ force: true }),
		    { class: "quiet", title: t("sync.force.what") });
		this.preview = button(t("sync.preview"), () => this.look());
		this.planBox = h("section", { class: "sheet", hidden: true,
			"aria-label": t("sync.preview") },
		    h("h2", {}, t("sync.preview")), this.plan);
	}

	nodes() {
		return [h("h1", {}, t("nav.sync")), this.head, this.trouble,
			h("div", { class: "row acts" },
			    may("annotator") ? [this.now, this.preview, this.force]
			        : this.preview),
			this.running.node, this.planBox,
			h("section", { class: "sheet",
				"aria-label": t("sync.history") },
			    h("h2", {}, t("sync.history")), this.history)];
	}

	began(run) {
		if (!run)
			return;
		if (run.run_id)
			this.mine.add(run.run_id);
		if (this.guards.has(run.run_id))
			this.decide(this.guards.get(run.run_id)).catch(complain);
		this.now.disabled = this.force.disabled = true;
		this.running.begin();
		this.soon();
	}

	async start(options) {
		this.why = null;
		try {
			this.began(await startSync(options));
		} catch (error) {
			// Somebody else was quicker: it is watched all the same.
			if (error.status === 409)
				this.began({});
			else if (error.status === 502)
				this.sayFailure(error.message);
			else
				throw error;
		}
	}

	// A sync that ends at once is told by an event and by the answer.
	sayFailure(detail) {
		const why = forPeople(detail.replace(/^Sync failed: /, ""));

		if (why !== this.why)
			say(t("sync.failed", { why }), { kind: "error" });
		this.why = why;
		this.soon();
	}

	// The end of a run may be told before its beginning is answered.
	stopped(error) {
		this.guards.set(error.run_id, error.detail);
		if (this.mine.has(error.run_id))
			this.decide(error.detail).catch(complain);
	}

	async decide(detail) {
		this.began(await askGuard(detail));
	}

	async look() {
		drawPlan(this.plan, await api.get("sync/plan",
		    { once: true, signal: this.signal }));
		this.planBox.hidden = false;
		this.planBox.scrollIntoView({ block: "nearest" });
	}

	draw(status) {
		const goes = status.sync_in_progress;

		replaceIfNew(this.head, { ...sentence(status),
			conflicts: status.conflicts }, stands);
		replaceIfNew(this.trouble,
		    { needs_recovery: status.needs_recovery ?? "",
			    moved_to: status.moved_to ?? "" },
		    (what) => troubleNotice(what, () => this.soon()) ?? "");
		this.now.disabled = this.force.disabled = goes;
		if (goes)
			this.running.begin();
		else
			this.running.end();
	}

	async refresh() {
		await look(false, { signal: this.signal });
		const past = await api.get("sync/history",
		    { query: { limit: runsShown }, signal: this.signal });

		await learnNames(past.runs, this.signal);
		drawHistory(this.history, past, may("annotator") &&
		    ((detail) => this.decide(detail)));
	}

	complete(summary) {
		say(t("sync.done", { what: summaryText(summary) }),
		    { kind: summary.errors ? "error" : "good" });
		this.planBox.hidden = true;
		this.soon();
	}

	// The guard asks whoever began it; a scheduled sync's question waits in
	// the history.
	failed(error) {
		this.soon();
		// The view has more room for these than a sentence below.
		if (["rollback", "moved"].includes(error.error))
			return;
		if (error.error !== "guard")
			this.sayFailure(String(error.detail ?? error.error ??
			    error));
		else
			this.stopped(error);
	}
}

// A sentence that stays the same is not said twice.
function replaceIfNew(box, what, make) {
	const key = JSON.stringify(what);

	if (box.dataset.said !== key)
		replace(box, make(what));
	box.dataset.said = key;
}

export async function show(main, args, signal) {
	const view = new View(signal);
	const hear = (name, f) =>
	    events.addEventListener(name, (e) => f(e.detail), { signal });

	standing.addEventListener("change", (e) => view.draw(e.detail),
	    { signal });
	hear("syncState", (state) => {
		view.now.disabled = view.force.disabled = true;
		view.running.state(state);
	});
	hear("syncMessage", (text) => view.running.message(text));
	hear("syncComplete", (summary) => view.complete(summary));
	hear("syncError", (error) => view.failed(error));
	hear("remoteChanged", view.soon);
	hear("resync", view.soon);
	api.connection.addEventListener("change",
	    ({ detail }) => detail === "online" && view.soon(), { signal });
	await view.refresh();
	replace(main, view.nodes());
	look(true, { signal }).catch(complain);
	if (args[0] === "now" && may("annotator"))
		view.now.click();
}
