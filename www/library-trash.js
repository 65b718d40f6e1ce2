// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// What was deleted and can be brought back, the newest first.

import * as api from "./api.js";
import { h, replace } from "./dom.js";
import { events } from "./events.js";
import { bytes, exactly, t, when } from "./i18n.js";
import { isHash } from "./library-row.js";
import { Windowed } from "./list.js";
import { may } from "./session.js";
import { busy, complain, empty, say } from "./ui.js";

const size = 200;

const titleOf = (past) => past.label || past.filename;

export async function restore(ids) {
	for (const id of ids)
		await api.post(`files/${encodeURIComponent(id)}/restore`,
		    { version: 0 });
}

class Trash {
	constructor() {
		this.files = [];
		this.cursor = undefined; // of what comes behind; null: nothing
		this.loading = null;
	}

	async more(signal) {
		if (this.cursor === null)
			return;
		this.loading ??= api.get("files/trash", { signal, query: {
			limit: size, cursor: this.cursor } }).then((answer) => {
			this.files.push(...answer.files);
			this.cursor = answer.next_cursor ?? null;
		}).finally(() => {
			this.loading = null;
		});
		await this.loading;
	}
}

function drawPast(past, bringBack) {
	const button = h("button", { type: "button", "aria-label":
		t("trash.restoreThis", { title: titleOf(past) }) },
	    t("trash.restore"));

	button.addEventListener("click", busy(button, () => bringBack(past)));
	return [
		h("div", { class: "what" },
		    h("span", { class: "title" }, titleOf(past)),
		    h("div", { class: "second" },
		        !isHash(past.doc_id) && past.doc_id !== titleOf(past) &&
		            h("span", { class: "docid" }, past.doc_id),
		        h("span", {}, bytes(past.file_size)),
		        h("time", { datetime: past.at, title: exactly(past.at) },
		            past.user ? t("trash.by", { when: when(past.at),
		                name: past.user }) : when(past.at)))),
		h("span", { class: "tag" }, past.file_type.toUpperCase()),
		may("annotator") ? button : null,
	];
}

export async function showTrash(main, signal) {
	const box = h("div", {});
	const count = h("p", { class: "count", role: "status" });
	let trash = new Trash();
	const list = new Windowed({ cls: "docs trash", label: t("trash.title"),
		count: () => trash.files.length, item: (i) => trash.files[i],
		key: (past) => past.id,
		draw: (past) => drawPast(past, bringBack),
		need: (first, last) => {
			if (last > trash.files.length - 20 && trash.cursor)
				trash.more(signal).then(() => list.render(),
				    complain);
		} });

	function draw() {
		count.textContent = t(trash.cursor ? "trash.countMore"
		    : "trash.count", { n: trash.files.length });
		replace(box, trash.files.length ? list.node
		    : empty(t("trash.empty"), t("trash.emptyWhat")));
		list.render();
	}

	async function load() {
		const fresh = new Trash();

		await fresh.more(signal);
		trash = fresh;
		draw();
	}

	async function bringBack(past) {
		await restore([past.id]);
		say(t("library.restored", { title: titleOf(past) }),
		    { kind: "good" });
		await load();
	}

	replace(main, h("div", { class: "library-head" },
	    h("a", { class: "back", href: "#/library" }, t("trash.back")),
	    h("h1", {}, t("trash.title")), count),
	h("p", { class: "trash-lead" }, t("trash.what")), box);
	list.follow(signal);
	for (const name of ["fileChanged", "remoteChanged", "resync"])
		events.addEventListener(name, () => load().catch(complain),
		    { signal });
	await load();
}
