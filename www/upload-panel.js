// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// How the uploads are getting on: all together, and each.

import { h, replace } from "./dom.js";
import { bytes, t } from "./i18n.js";
import { Windowed } from "./list.js";
import { uploads } from "./upload.js";

const signs = { queued: "·", sending: "↑", waiting: "…", done: "✓",
	refused: "!", cancelled: "–" };

function acts(job) {
	const name = job.path;
	const one = (key, f, sign) => h("button", { type: "button", class: "icon",
		"aria-label": t(key, { name }), title: t(key, { name }),
		onclick: f }, sign);

	if (job.state === "refused" || job.state === "cancelled")
		return one("upload.retry", () => uploads.retry(job), "↻");
	if (job.state === "done")
		return h("a", { class: "button quiet", href:
			`#/document/${job.id}`, "aria-label":
			t("upload.show", { name }) }, t("upload.open"));
	return [job.state === "waiting" &&
		one("upload.retry", () => uploads.retry(job), "↻"),
	one("upload.cancel", () => uploads.cancel(job), "×")];
}

function drawJob(job) {
	return [
		h("span", { class: `dot ${job.state}`, "aria-hidden": "true" },
		    signs[job.state]),
		h("div", { class: "what" },
		    h("span", { class: "path", title: job.path }, job.path),
		    h("span", { class: "how" }, [t(`upload.${job.state}`),
		        job.text || bytes(job.file.size)].join(" · "))),
		h("progress", { max: Math.max(1, job.file.size), value: job.sent,
			hidden: job.state !== "sending",
			"aria-label": t("upload.progress", { name: job.path }) }),
		h("div", { class: "acts" }, acts(job)),
	];
}

function sentence() {
	const { counts, jobs } = uploads;
	const all = jobs.length - counts.cancelled;
	const parts = [t("upload.count", { done: counts.done, n: all })];

	if (uploads.left)
		parts.push(t("upload.bytes", { done: bytes(uploads.sent),
			total: bytes(uploads.bytes) }));
	if (counts.waiting)
		parts.push(t("upload.waitingCount", { n: counts.waiting }));
	if (counts.refused)
		parts.push(t("upload.refusedCount", { n: counts.refused }));
	return parts.join(" · ");
}

const act = (key, f, cls = "quiet") =>
    h("button", { type: "button", class: cls, onclick: f }, t(key));

// The section; it follows the uploads until `signal` is aborted.
export function uploadPanel(signal) {
	const line = h("p", { class: "line" });
	const bar = h("progress", { "aria-label": t("upload.all") });
	const only = h("input", { type: "checkbox", onchange: () => draw() });
	const onlyBox = h("label", { class: "choice" }, only,
	    h("span", {}, t("upload.onlyRefused")));
	const cancel = act("upload.cancelAll", () => uploads.cancelAll());
	const again = act("upload.retryAll", () => uploads.retryRefused());
	const clear = act("upload.clear", () => uploads.clear());
	const done = h("p", { class: "hidden", role: "status" });
	const scroller = h("div", { class: "upload-list" });
	let shown = [];
	const list = new Windowed({ scroller, cls: "uploads-rows",
		label: t("upload.list"), count: () => shown.length,
		item: (i) => shown[i], key: (job) => String(job.n),
		draw: drawJob });
	const node = h("section", { class: "sheet uploads", hidden: true,
		"aria-label": t("upload.title") },
	    h("div", { class: "row" }, h("h2", {}, t("upload.title")),
	        h("span", { class: "grow" }), onlyBox, again, cancel, clear),
	    line, bar, scroller, done);
	let waiting = 0;

	// What moves within a job does not make it another object.
	const drawn = new Map();
	const isOld = (job) => {
		const now = `${job.state} ${job.text}`;
		const was = drawn.get(job);

		drawn.set(job, now);
		return was !== now;
	};

	function bars() {
		for (const { node: row, item } of list.rows.values()) {
			const one = row.querySelector("progress");

			if (one && item)
				one.value = item.sent;
		}
	}

	function draw() {
		waiting = 0;
		const { counts, jobs, left } = uploads;

		node.hidden = !jobs.length;
		if (!jobs.length)
			return;
		replace(line, sentence());
		bar.max = Math.max(1, uploads.bytes);
		bar.value = uploads.sent;
		cancel.hidden = !left;
		clear.hidden = left > 0;
		again.hidden = onlyBox.hidden = !counts.refused;
		only.checked &&= counts.refused > 0;
		shown = only.checked
		    ? jobs.filter((job) => job.state === "refused") : jobs;
		list.redraw(isOld);
		list.render();
		bars();
		if (!left && done.textContent !== sentence())
			done.textContent = sentence();
	}

	uploads.addEventListener("change", () => {
		waiting ||= requestAnimationFrame(draw);
	}, { signal });
	scroller.append(list.node);
	list.follow(signal);
	queueMicrotask(draw);
	return node;
}
