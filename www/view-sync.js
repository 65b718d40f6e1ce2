// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// How things stand with the store, in one sentence; what a sync would do; the
// sync while it runs; and all that were before.

import * as api from "./api.js";
import { h, replace, s, seldom } from "./dom.js";
import { events } from "./events.js";
import { bytes, duration, exactly, t, when } from "./i18n.js";
import { may } from "./session.js";
import { button, complain, confirm, progress, say } from "./ui.js";
import { badge } from "./view-top.js";

const runsShown = 30;
const messagesKept = 200;

// ---- how things stand ----------------------------------------------------------

// The plan's counts as words: "3 documents to send, 5 to fetch".
function waiting(status) {
	const behind = status.remote_version === null ? 0
	    : status.remote_version - status.local_version;
	const parts = [];

	if (status.unsynced_count > 0)
		parts.push(t("sync.toSend", { n: status.unsynced_count }));
	if (behind > 0)
		parts.push(t("sync.behind", { n: behind }));
	return parts.length ? parts.join(", ") + "." : t("sync.needed");
}

export function sentence(status) {
	if (status.sync_in_progress)
		return { kind: "info", text: t("sync.running") };
	if (!status.remote_reachable && status.remote_error)
		return { kind: "bad", text: t("sync.unreachable", {
			since: status.last_sync_time
			    ? when(status.last_sync_time) : t("sync.ever"),
			why: status.remote_error }) };
	if (status.needs_sync)
		return { kind: "warn", text: waiting(status) };
	return { kind: "good", text: status.last_sync_time
	    ? t("sync.inStep", { when: when(status.last_sync_time) })
	    : t("sync.never") };
}

const signs = { good: "✓", warn: "↻", bad: "!", info: "…" };

function stands(status) {
	const { kind, text } = sentence(status);

	return h("p", { class: `stands ${kind}`, role: "status" },
	    h("span", { class: "sign", "aria-hidden": "true" }, signs[kind]),
	    h("span", {}, text));
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
	    plan.guard && h("p", { class: "notice" }, plan.guard_reason),
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
		    h("details", {}, h("summary", {}, t("sync.messages")),
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

function failures(summary) {
	if (!summary?.failures?.length)
		return null;
	return h("details", { class: "failures", open: true },
	    h("summary", {}, t("summary.failures",
	        { n: summary.failures.length })),
	    h("ul", {}, summary.failures.map((f) => h("li", {},
	        h("strong", {}, f.file), ": ", f.reason))));
}

function outcome(run) {
	const kind = run.in_progress ? "info" : run.outcome === "done" ||
	    run.outcome === "skipped" ? "good" : run.outcome === "stopped"
	    ? "warn" : "bad";
	const name = run.in_progress ? "running" : run.outcome ?? "died";

	return h("span", { class: `chip ${kind}` }, t(`outcome.${name}`));
}

function runRow(run) {
	const sum = run.summary;

	return h("tr", {},
	    h("td", {}, h("time", { datetime: run.started_at,
	        title: exactly(run.started_at) }, when(run.started_at))),
	    h("td", {}, outcome(run)),
	    h("td", {}, run.error ?? (sum ? summaryText(sum) : ""),
	        failures(sum)),
	    h("td", { class: "n" }, sum ? bytes(sum.bytes_up) : ""),
	    h("td", { class: "n" }, sum ? bytes(sum.bytes_down) : ""),
	    h("td", { class: "n" }, sum ? duration(sum.duration_ms / 1000)
	        : ""));
}

// Bytes (both ways) and changes of each sync, oldest to the left.
function chart(runs) {
	const shown = runs.filter((r) => r.summary).slice(0, runsShown).reverse();
	const width = 600, height = 96, step = width / runsShown;
	const moved = (r) => r.summary.bytes_up + r.summary.bytes_down;
	const changed = (r) => counts.slice(0, 6)
	    .reduce((n, name) => n + r.summary[name], 0);
	const most = Math.max(1, ...shown.map((r) => Math.log1p(moved(r))));
	const many = Math.max(1, ...shown.map((r) => Math.log1p(changed(r))));
	const x = (i) => (runsShown - shown.length + i) * step;

	if (!shown.length)
		return null;
	return h("figure", { class: "chart" },
	    s("svg", { viewBox: `0 0 ${width} ${height}`, role: "img",
	        "aria-label": t("chart.label", { n: shown.length }) },
	        shown.map((r, i) => {
	            const tall = Math.log1p(moved(r)) / most * (height - 12);

	            return s("rect", { class: r.error ? "bad" : "bytes",
	                x: x(i) + 2, y: height - tall - 1, width: step - 4,
	                height: tall + 1, rx: 2 },
	                s("title", {}, `${when(r.started_at)}: ` +
	                    `${bytes(moved(r))}, ${summaryText(r.summary)}`));
	        }),
	        s("polyline", { class: "changes", points: shown.map((r, i) =>
	            `${x(i) + step / 2},${height - 4 - Math.log1p(changed(r)) /
	                many * (height - 16)}`).join(" ") })),
	    h("figcaption", {}, h("span", { class: "key bytes" },
	        t("chart.bytes")), h("span", { class: "key changes" },
	        t("chart.changes"))));
}

function drawHistory(box, { runs }) {
	if (!runs.length) {
		replace(box, h("p", {}, t("history.none")));
		return;
	}
	replace(box, chart(runs), h("div", { class: "scroll", tabindex: 0,
		role: "region", "aria-label": t("sync.history") },
	    h("table", {}, h("thead", {}, h("tr", {},
	        ["when", "how", "what", "up", "down", "took"].map((name) =>
	            h("th", { scope: "col" }, t(`history.${name}`))))),
	        h("tbody", {}, runs.slice(0, runsShown).map(runRow)))));
}

// ---- starting one ----------------------------------------------------------------

// 428: it would delete more than the guard allows; a person has to say so.
async function guarded(error) {
	return await confirm(t("guard.title"), [error.message, t("guard.what")],
	    t("guard.yes"), { danger: true });
}

export async function startSync(options = {}) {
	const headers = { Prefer: "respond-async" };

	try {
		return await api.post("sync", { force: false, ...options },
		    { headers });
	} catch (error) {
		if (error.status !== 428)
			throw error;
		if (!await guarded(error))
			return null;
		return startSync({ ...options, confirm_deletions: true });
	}
}

// ---- the view ----------------------------------------------------------------------

export async function show(main, args, signal) {
	const head = h("div", { class: "stands-box" });
	const plan = h("div", {});
	const history = h("div", {});
	const running = new Running();
	const now = button(t("sync.now"), async () => {
		if (await startSync())
			running.begin();
	}, { class: "primary" });
	const preview = button(t("sync.preview"), async () => {
		drawPlan(plan, await api.get("sync/plan", { once: true, signal }));
		planBox.hidden = false;
	});
	const force = button(t("sync.force"), async () => {
		if (await startSync({ force: true }))
			running.begin();
	}, { class: "quiet", title: t("sync.force.what") });
	const planBox = h("section", { class: "sheet", hidden: true,
		"aria-label": t("sync.preview") },
	    h("h2", {}, t("sync.preview")), plan);

	// The first time the store is asked, however long it takes.
	async function refresh(fresh = null) {
		const status = await api.get("sync/status",
		    { query: { fresh }, signal });

		replace(head, stands(status));
		badge("conflicts", status.conflicts,
		    t("conflicts.open", { n: status.conflicts }));
		now.disabled = force.disabled = status.sync_in_progress;
		if (status.sync_in_progress)
			running.begin();
		else
			running.end();
		drawHistory(history, await api.get("sync/history",
		    { query: { limit: runsShown }, signal }));
	}
	const soon = seldom(250, () => refresh().catch(complain));
	const hear = (name, f) =>
	    events.addEventListener(name, (e) => f(e.detail), { signal });

	replace(main, h("h1", {}, t("nav.sync")), head,
	    h("div", { class: "row acts" }, may("annotator") && now, preview,
	        may("annotator") && force),
	    running.node, planBox,
	    h("section", { class: "sheet", "aria-label": t("sync.history") },
	        h("h2", {}, t("sync.history")), history));
	hear("syncState", (state) => {
		now.disabled = true;
		running.state(state);
	});
	hear("syncMessage", (text) => running.message(text));
	hear("syncComplete", (summary) => {
		say(t("sync.done", { what: summaryText(summary) }),
		    { kind: summary.errors ? "error" : "good" });
		planBox.hidden = true;
		soon();
	});
	hear("syncError", (error) => {
		say(t("sync.failed", { why: error.detail ?? error.error ?? error }),
		    { kind: "error" });
		soon();
	});
	hear("remoteChanged", soon);
	hear("fileChanged", soon);
	hear("resync", soon);
	const timer = setInterval(soon, 60000);
	signal.addEventListener("abort", () => clearInterval(timer));
	await refresh();
	refresh("yes").catch(complain);
	if (args[0] === "now" && may("annotator"))
		now.click();
}
