// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// One document: its records, its stemma, and the versions in it.

import * as api from "./api.js";
import { h, keepFocus, replace, seldom } from "./dom.js";
import { events } from "./events.js";
import { exactly, t, when } from "./i18n.js";
import { setCollections, setMetadata } from "./library-dialogs.js";
import { recordsOf, titleOf } from "./library-row.js";
import { holdersOf, keepOpen } from "./locks.js";
import { replicaNames } from "./replicas.js";
import { kindOf, siglumOf, Stemma } from "./stemma.js";
import { withHistory } from "./stemma-history.js";
import { button, complain } from "./ui.js";
import { drawRecords, mayEdit } from "./view-records.js";
import { VersionPanel } from "./view-version.js";

const historiesMax = 24; // records whose own history is asked for

// ---- what is known ----------------------------------------------------------

async function findGroup(docId, signal) {
	const { files } = await api.get("files/list",
	    { signal, query: { doc_id: docId } });

	return files[0] ?? null;
}

// The address may name a record, or the document by its own id.
async function findLineage(id, signal) {
	const of = (record) => api.get(
	    `files/${encodeURIComponent(record)}/lineage`, { signal });

	try {
		return await of(id);
	} catch (error) {
		const group = error.status === 404
		    ? await findGroup(id, signal) : null;

		if (!group)
			throw error;
		return of(recordsOf(group)[0].id);
	}
}

async function historyOf(item, signal) {
	const { history } = await api.get(
	    `files/${encodeURIComponent(item.id)}/history`, { signal });

	return [item.id, { history, hash: item.content_hash }];
}

async function load(id, signal) {
	const lineage = await findLineage(id, signal);
	const group = await findGroup(lineage.doc_id, signal) ??
	    { doc_id: lineage.doc_id, doc_collections: [], doc_metadata: {},
		    pdf: null, versions: [], gold: [], variants: {} };
	const items = recordsOf(group);
	const names = await replicaNames(signal);
	const histories = await Promise.all(items.slice(0, historiesMax)
	    .map((item) => historyOf(item, signal)));

	return { group, names, items: new Map(items.map((i) => [i.id, i])),
		holders: await holdersOf(items, signal),
		lineage: withHistory(lineage, new Map(histories)) };
}

// ---- the head ---------------------------------------------------------------

async function collect(group, fresh) {
	const { collections } = await api.get("collections");

	return setCollections(group, collections.map((c) => c.name), fresh);
}

function drawHead(box, group, changed) {
	const { author } = group.doc_metadata;
	const records = recordsOf(group);
	const act = (word, f) => button(t(word), async () => {
		if (await f(group, () => findGroup(group.doc_id)))
			await changed();
	}, { class: "quiet noprint" });

	replace(box,
	    h("p", { class: "crumb noprint" }, h("a", { href: "#/library" },
	        t("nav.library"))),
	    h("h1", {}, titleOf(group)),
	    h("div", { class: "row" },
	        typeof author === "string" && h("span", {}, author),
	        group.doc_collections.map((name) =>
	            h("span", { class: "chip" }, name)),
	        records.some((r) => r.access_control.visibility === "private") &&
	            h("span", { class: "chip warn" }, t("doc.private")),
	        records.length > 0 && records.every(mayEdit) && [
	            act("collections.menu", collect),
	            act("metadata.menu", setMetadata)]));
}

// ---- the stemma as a table --------------------------------------------------

function versionRow(node, stemma) {
	const from = node.parents.map((p) => p.siglum).join(", ");
	const chosen = h("input", { type: "checkbox",
		checked: stemma.chosen.some((c) => c.id === node.id),
		"aria-label": t("stemma.choose", { siglum: node.siglum }),
		onchange: () => stemma.choose(node) });

	return h("tr", {},
	    h("td", {}, chosen),
	    h("th", { scope: "row" }, siglumOf(node)),
	    h("td", {}, kindOf(node) || t("stemma.kind.save")),
	    h("td", {}, node.time && h("time", { datetime: node.time,
	        title: exactly(node.time) }, when(node.time))),
	    h("td", {}, node.user ?? ""),
	    h("td", {}, stemma.serverOf(node)),
	    h("td", {}, from),
	    h("td", {}, h("button", { type: "button", class: "quiet",
	        "aria-label": t("stemma.open", { siglum: node.siglum }),
	        onclick: () => stemma.open(node) }, t("doc.open"))));
}

function drawTable(box, stemma) {
	const head = ["choose", "siglum", "what", "when", "who", "where",
		"from", "acts"];

	replace(box, h("summary", {}, t("stemma.table",
	    { n: stemma.plan.all.length })),
	    h("div", { class: "scroll", tabindex: 0, role: "region",
	        "aria-label": t("stemma.table", { n: stemma.plan.all.length }) },
	        h("table", { class: "versions" }, h("thead", {}, h("tr", {},
	            head.map((name) => h("th", { scope: "col" },
	                t(`stemma.col.${name}`))))),
	            h("tbody", {}, [...stemma.plan.all].reverse().map((node) =>
	                versionRow(node, stemma))))));
}

// ---- the view ---------------------------------------------------------------

class View {
	constructor(main, id, signal) {
		this.id = id;
		this.signal = signal;
		this.head = h("header", { class: "document-head" });
		this.records = h("div", { class: "scroll" });
		this.table = h("details", { class: "noprint" });
		this.stemma = new Stemma({ open: (node) => this.open(node),
			compare: (one, two) => this.compare(one, two) });
		this.panel = new VersionPanel({ signal,
			serverOf: (node) => this.stemma.serverOf(node),
			closed: () => this.closed() });
		this.main = main;
	}

	place() {
		replace(this.main, this.head,
		    h("section", { class: "sheet", "aria-labelledby": "doc-records" },
		        h("h2", { id: "doc-records" }, t("doc.records")),
		        this.records),
		    h("div", { class: "desk" },
		        h("section", { class: "sheet stemma-sheet",
		            "aria-labelledby": "doc-stemma" },
		            h("div", { class: "row" }, h("h2", { class: "grow",
		                id: "doc-stemma" }, t("stemma.title")),
		                h("button", { type: "button",
		                    class: "quiet noprint",
		                    onclick: () => print() }, t("doc.print"))),
		            this.stemma.node, this.table),
		        this.panel.node));
	}

	async refresh() {
		const { group, items, holders, lineage, names } =
		    await load(this.id, this.signal);
		const now = JSON.stringify([group, [...holders], lineage,
			[...names]]);

		// Most events are of other documents; nobody is disturbed by them.
		if (now === this.seen)
			return;
		this.seen = now;
		if (!this.head.isConnected)
			this.place();
		document.title = `${titleOf(group)} · Stemma`;
		this.hasRecords = items.size > 0;
		this.items = items;
		Object.assign(this, { holders, names });
		this.stemma.draw(lineage, items, names);
		keepFocus(this.head, () => drawHead(this.head, group,
		    () => this.refresh()));
		keepFocus(this.records, () => this.drawRecords(group));
		keepFocus(this.table, () => drawTable(this.table, this.stemma));
	}

	drawRecords(group) {
		const { plan } = this.stemma;

		drawRecords(this.records, group, { letters: plan.records,
			latest: new Map(plan.all.map((n) => [n.stable_id, n])),
			open: (item) => this.openItem(item),
			changed: () => this.changed(group),
			holders: this.holders, names: this.names });
	}

	// When its last record has gone to the trash, so has the document.
	async changed(group) {
		await this.refresh();
		if (recordsOf(group).length > 0 && !this.hasRecords)
			location.hash = "#/library";
	}

	open(node) {
		this.stemma.setOpened(node.id);
		this.main.classList.add("reading");
		this.panel.show(node);
	}

	// Two texts need the whole width.
	compare(one, two) {
		this.stemma.setOpened(null);
		this.main.classList.remove("reading");
		this.panel.compare(one, two);
	}

	openItem(item) {
		const node = this.stemma.plan.all.findLast((n) =>
		    n.stable_id === item.id &&
		    n.content_hash === item.content_hash) ??
		    { id: item.id, stable_id: item.id, item, parents: [],
			    content_hash: item.content_hash, letter: "",
			    time: item.updated_at };

		this.open(node);
	}

	closed() {
		this.main.classList.remove("reading");
		this.stemma.setOpened(null);
		this.stemma.focus(this.stemma.current);
	}
}

export async function show(main, args, signal) {
	const view = new View(main, args[0] ?? "", signal);
	const soon = seldom(300, () => view.refresh().catch(complain));

	await view.refresh();
	for (const name of ["fileChanged", "syncComplete", "remoteChanged",
		"locksChanged", "resync"])
		events.addEventListener(name, soon, { signal });
	keepOpen(() => [...view.items.values()], signal);
	signal.addEventListener("abort", () => main.classList.remove("reading"));
}

