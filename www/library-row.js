// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// What is said of a document in one row: its title, its records, how it stands
// with the store, and who works on it.

import { contentUrl } from "./api.js";
import { fetchedFirst } from "./content.js";
import { h } from "./dom.js";
import { exactly, t, when } from "./i18n.js";

const tagsShown = 4;

export const isHash = (text) => /^[0-9a-f]{64}$/.test(text);

// All records of a Group: the PDF, then what is newest.
export function recordsOf(group) {
	return [group.pdf, ...group.gold, ...group.versions,
		...Object.values(group.variants).flat()].filter(Boolean);
}

// The record that speaks for its document.
export const mainRecord = (group) => recordsOf(group)[0];

export function titleOf(group) {
	const records = recordsOf(group);
	const label = records.find((r) => r.label)?.label;
	const { title } = group.doc_metadata;
	const name = records[0]?.file_metadata?.original_filename ??
	    records[0]?.filename;

	return label || (typeof title === "string" && title) ||
	    (isHash(group.doc_id) ? name : group.doc_id) || group.doc_id;
}

// ---- how it stands --------------------------------------------------------------

const states = {
	conflict: { sign: "!", kind: "bad" },
	to_send: { sign: "↑", kind: "warn" },
	to_fetch: { sign: "↓", kind: "info" },
	not_kept: { sign: "○", kind: "" },
	in_step: { sign: "✓", kind: "good" },
};
const stateOfRecord = { synced: "in_step", modified: "to_send",
	pending_upload: "to_send", pending_delete: "to_send",
	pending_download: "to_fetch", conflict: "conflict" };

// The worst of its records'.
export function stateOf(group) {
	const all = recordsOf(group);
	const of = (r) => r.not_kept ? "not_kept" : stateOfRecord[r.sync_status];
	const name = Object.keys(states).find((state) =>
	    all.some((r) => of(r) === state)) ?? "in_step";
	const which = all.find((r) => of(r) === name);

	return { name, ...states[name], record: which,
		reason: which?.sync_reason ?? "" };
}

function stateSign(group) {
	const { name, sign, kind, reason, record } = stateOf(group);
	const inside = [h("span", { class: "dot", "aria-hidden": "true" }, sign),
		h("span", { class: "word" }, t(`state.${name}`))];
	const props = { class: `state ${kind}`, title: reason || null };

	return name === "conflict"
	    ? h("a", { ...props, href: `#/conflicts/${record.id}` }, inside)
	    : h("span", props, inside);
}

// ---- its records ------------------------------------------------------------------

// Opened in a tab of its own, where the server gives it no rights.
function tag(record, text, cls = "") {
	return h("a", { class: `tag ${cls}`, href: contentUrl(record.id),
		target: "_blank", rel: "noopener",
		onclick: fetchedFirst(record),
		title: t("library.openRecord", { name: record.label ||
			record.filename }) }, text);
}

function counted(text, list) {
	return list.length > 1 ? [text, h("small", {}, `×${list.length}`)] : text;
}

function tags(group) {
	const list = [];

	if (group.pdf)
		list.push(tag(group.pdf, "PDF", "pdf"));
	if (group.gold.length)
		list.push(tag(group.gold[0], counted(t("library.gold"),
		    group.gold), "gold"));
	if (group.versions.length) {
		const [newest] = group.versions;

		list.push(tag(newest, counted(newest.file_type === "tei"
		    ? "TEI" : newest.file_type.toUpperCase(), group.versions)));
	}
	for (const [name, records] of Object.entries(group.variants))
		list.push(tag(records[0], counted(name, records), "variant"));
	const more = list.length - tagsShown;

	return more > 0 ? [list.slice(0, tagsShown),
		h("span", { class: "more" }, `+${more}`)] : list;
}

// ---- the row -------------------------------------------------------------------------

function newest(group) {
	return recordsOf(group).reduce((at, r) =>
	    r.updated_at > at ? r.updated_at : at, "");
}

function second(group, title) {
	const at = newest(group);
	const parts = [];

	if (title !== group.doc_id && !isHash(group.doc_id))
		parts.push(h("span", { class: "docid" }, group.doc_id));
	parts.push(h("time", { datetime: at, title: exactly(at) },
	    t("library.changed", { when: when(at) })));
	return h("div", { class: "second" }, parts,
	    group.doc_collections.map((name) =>
	        h("span", { class: "chip" }, name)));
}

function editing(holder) {
	if (!holder?.locked_by)
		return t("library.edited");
	return t(holder.server ? "library.editedAt" : "library.editedBy",
	    { name: holder.locked_by, server: holder.server });
}

// `editors`: record id to who holds its lock, {locked_by, server}, where server
// is the name of another one.
export function row(group, { editors, openMenu }) {
	const title = titleOf(group);
	const record = mainRecord(group);
	const locked = recordsOf(group).find((r) => r.is_locked);
	const more = h("button", { type: "button", class: "icon more-button",
		"aria-haspopup": "menu", "aria-expanded": "false",
		"aria-label": t("library.actions", { title }) }, "⋯");

	more.addEventListener("click", () => openMenu(group, more));
	return [
		h("div", { class: "what" },
		    h("a", { class: "title", href: `#/document/${record.id}`,
		        title }, title),
		    second(group, title)),
		locked ? h("span", { class: "chip warn editing" },
		    h("span", { "aria-hidden": "true" }, "✎"),
		    h("span", { class: "who" },
		        editing(editors.get(locked.id)))) : null,
		h("div", { class: "tags" }, tags(group)),
		stateSign(group),
		more,
	];
}
