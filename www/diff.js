// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// Two texts beside each other, with what differs marked: in colour, by a sign
// and as <del> and <ins>.  On a narrow screen one stands below the other.
//
//	box.append(await sideBySide(mine, theirs,
//	    { left: "Yours", right: "Theirs" }));

import { differences, diffLines, diffWords } from "./diff-lines.js";
import { h, replace } from "./dom.js";
import { t } from "./i18n.js";

const around = 3;       // lines that stay visible beside a difference
const hideFrom = 6;     // fewer equal lines than that are shown
const atOnce = 1500;    // rows that are drawn before somebody asks for more

const pause = () => new Promise((resolve) => setTimeout(resolve));

// ---- one row ----------------------------------------------------------------

function marked(runs, tag) {
	return runs.map(({ text, same }) => same ? text : h(tag, {}, text));
}

// The text of both sides of a row, with its words marked.
function texts({ kind, left, right }) {
	if (kind === "same")
		return [left.text, right.text];
	if (kind === "changed") {
		const [a, b] = diffWords(left.text, right.text);

		return [marked(a, "del"), marked(b, "ins")];
	}
	return [left && h("del", {}, left.text || "⏎"),
		right && h("ins", {}, right.text || "⏎")];
}

function drawRow(row) {
	const [left, right] = texts(row);

	return h("tr", { class: row.kind },
	    h("td", { class: "n" }, row.left ? String(row.left.n) : ""),
	    h("td", { class: row.left ? "left" : "left none" }, left),
	    h("td", { class: "n" }, row.right ? String(row.right.n) : ""),
	    h("td", { class: row.right ? "right" : "right none" },
	        row.kind !== "same" && row.right && h("span", { class: "hidden" },
	            t(`diff.${row.kind}`)), right));
}

// ---- runs of equal lines ----------------------------------------------------

function drawGap(rows) {
	const open = h("button", { type: "button", class: "quiet" },
	    t("diff.gap", { n: rows.length }));
	const gap = h("tr", { class: "gap" }, h("td", { colspan: 4 }, open));

	open.addEventListener("click", () => {
		const drawn = rows.map(drawRow);

		gap.replaceWith(...drawn);
		drawn[0].tabIndex = -1;
		drawn[0].focus();
	});
	return gap;
}

// What is drawn: rows, and arrays of equal ones that are not shown yet.
function folded(rows) {
	const out = [];
	let from = 0;

	for (const place of [...differences(rows),
	    { from: rows.length, to: rows.length }]) {
		const first = from === 0 ? 0 : from + around;
		const last = place.from === rows.length ? rows.length
		    : place.from - around;

		if (last - first >= hideFrom)
			out.push(...rows.slice(from, first),
			    rows.slice(first, last),
			    ...rows.slice(last, place.to));
		else
			out.push(...rows.slice(from, place.to));
		from = place.to;
	}
	return out;
}

const draw = (item) => Array.isArray(item) ? drawGap(item) : drawRow(item);

// Rows in portions: a text of a million lines does not stop the page.
function fill(body, items) {
	const part = items.slice(0, atOnce), rest = items.slice(atOnce);

	body.append(...part.map(draw));
	if (!rest.length)
		return;
	const more = h("button", { type: "button", class: "quiet" },
	    t("diff.more", { n: rest.length }));
	const row = h("tr", { class: "gap" }, h("td", { colspan: 4 }, more));

	more.addEventListener("click", () => {
		row.remove();
		fill(body, rest);
	});
	body.append(row);
}

// ---- going from one to the next ---------------------------------------------

function steps(box, places) {
	const where = h("span", { class: "where" });
	let at = -1;
	const firsts = () => [...box.querySelectorAll("tbody tr")].filter((row) =>
	    !row.matches(".same, .gap") &&
	    (!row.previousElementSibling ||
	        row.previousElementSibling.matches(".same, .gap")));
	const go = (step) => {
		const rows = firsts();

		at = (Math.max(at, step < 0 ? 0 : -1) + step + rows.length) %
		    rows.length;
		rows[at].scrollIntoView({ block: "center", inline: "nearest" });
		box.querySelector("tr.now")?.classList.remove("now");
		rows[at].classList.add("now");
		where.textContent = t("diff.where", { i: at + 1, n: places.length });
	};
	const button = (label, sign, step) => h("button", { type: "button",
		class: "icon", "aria-label": label, title: label,
		onclick: () => go(step) }, sign);

	return h("span", { class: "row steps-bar", role: "group",
	    "aria-label": t("diff.steps") },
	    button(t("diff.previous"), "↑", -1),
	    button(t("diff.next"), "↓", 1),
	    h("span", { role: "status" }, where));
}

function heading(rows, places) {
	const lines = rows.filter((row) => row.kind !== "same").length;

	if (!places.length)
		return t("diff.equal");
	return t("diff.lines", { n: lines }) + " " +
	    t("diff.places", { n: places.length });
}

export async function sideBySide(leftText, rightText, labels = {}) {
	await pause();
	const rows = diffLines(leftText, rightText);
	const places = differences(rows);
	const body = h("tbody", {});
	const box = h("div", { class: "diff" });

	fill(body, folded(rows));
	return replace(box,
	    h("div", { class: "row diff-bar" },
	        h("p", { class: "grow" }, heading(rows, places)),
	        places.length > 1 && steps(box, places)),
	    h("div", { class: "diff-scroll", tabindex: 0, role: "region",
	        "aria-label": t("diff.label") },
	        h("table", {},
	            h("colgroup", {}, ["n", "", "n", ""].map((name) =>
	                h("col", { class: name }))),
	            h("thead", {}, h("tr", {},
	                h("th", { scope: "col", colspan: 2 },
	                    labels.left ?? t("diff.left")),
	                h("th", { scope: "col", colspan: 2 },
	                    labels.right ?? t("diff.right")))),
	            body)));
}
