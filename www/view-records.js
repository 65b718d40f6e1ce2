// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// The records of one document, and what can be done with them.

import * as api from "./api.js";
import { fetchedFirst } from "./content.js";
import { h, replace } from "./dom.js";
import { bytes, exactly, t, when } from "./i18n.js";
import { recordsOf } from "./library-row.js";
import { nameOf as serverOf } from "./replicas.js";
import { may } from "./session.js";
import { button, complain, dialog, field, say } from "./ui.js";

const path = (item) => `files/${encodeURIComponent(item.id)}`;

// ---- who may ----------------------------------------------------------------

export const mayEdit = (item) => may(item.is_gold_standard ? "reviewer"
    : "annotator");

// ---- what a record is -------------------------------------------------------

export const nameOf = (item) => item.label || item.filename;

function kind(item) {
	if (item.file_type === "pdf")
		return t("doc.kind.pdf");
	const what = item.is_gold_standard ? "gold" : item.variant ? "variant"
	    : item.file_type === "rng" ? "rng" : "version";

	return t(`doc.kind.${what}`, { variant: item.variant,
		version: item.version });
}

const states = { synced: ["good", "✓"], modified: ["warn", "↑"],
	pending_upload: ["warn", "↑"], pending_download: ["info", "↓"],
	pending_delete: ["warn", "↑"], conflict: ["bad", "!"],
	not_kept: ["", "○"] };

function state(item) {
	const name = item.not_kept ? "not_kept" : item.sync_status;
	const [colour, sign] = states[name] ?? ["", ""];
	const chip = h("span", { class: `chip ${colour}`,
		title: item.sync_reason }, h("span", { "aria-hidden": "true" },
	    sign), t(`doc.state.${name}`));

	return item.sync_status === "conflict"
	    ? h("a", { class: "plain", href: `#/conflicts/${item.id}` }, chip)
	    : chip;
}

// ---- what can be done -------------------------------------------------------

function facts(item) {
	const rows = [["filename", item.filename], ["id", item.id],
		["hash", item.content_hash], ["size", bytes(item.file_size)],
		["created", exactly(item.created_at)],
		["changed", exactly(item.updated_at)]];
	const more = Object.entries(item.file_metadata ?? {}).map(([k, v]) =>
	    [k, typeof v === "string" ? v : JSON.stringify(v)]);

	return h("dl", { class: "facts-list" },
	    rows.map(([name, text]) => [h("dt", {}, t(`doc.fact.${name}`)),
	        h("dd", {}, text)]),
	    more.map(([name, text]) => [h("dt", {}, name),
	        h("dd", {}, text)]));
}

function form(close, body, send) {
	const wrong = h("p", { class: "wrong", role: "alert" });
	const node = h("form", { method: "dialog" }, body, wrong,
	    h("footer", {},
	        h("button", { type: "button", onclick: () => close(null) },
	            t("cancel")),
	        h("button", { class: "primary" }, t("doc.save"))));

	node.addEventListener("submit", async (event) => {
		event.preventDefault();
		try {
			close(await send());
		} catch (error) {
			wrong.textContent = error.message;
		}
	});
	return node;
}

export function rename(item) {
	return dialog(t("doc.rename"), (close) => {
		const input = h("input", { value: item.label ?? "",
			placeholder: item.filename, autofocus: true });

		return form(close, field(t("doc.label"), input,
		    t("doc.label.hint")), () => api.patch(path(item),
		    { label: input.value.trim() || null }));
	});
}

export function details(item) {
	return dialog(nameOf(item), (close) => {
		const gold = h("input", { type: "checkbox",
			checked: item.is_gold_standard });
		const mayGold = may("reviewer") && item.file_type === "tei";

		if (!mayGold)
			return [facts(item), h("footer", {}, h("button",
			    { type: "button", onclick: () => close(null) },
			    t("close")))];
		return form(close, [facts(item), h("label", { class: "check" },
		    gold, t("doc.gold"))], () => gold.checked ===
		    item.is_gold_standard ? null : api.patch(path(item),
		        { is_gold_standard: gold.checked }));
	});
}

// Deleting is soft, so it is not asked about: it can be taken back.
async function remove(item, changed) {
	await api.post("files/delete", { files: [item.id] });
	say(t("doc.deleted", { name: nameOf(item) }), { action: {
		label: t("doc.undo"),
		run: () => api.post(`${path(item)}/restore`, {}).then(changed)
		    .catch(complain),
	} });
	await changed();
}

// ---- the table --------------------------------------------------------------

function acts(item, { open, changed }) {
	const name = nameOf(item);
	const then = (f) => async () => {
		if (await f(item))
			await changed();
	};
	const act = (word, f, props = {}) => button(t(`doc.${word}`), f,
	    { class: "quiet", "aria-label": t(`doc.${word}.one`, { name }),
		    ...props });

	return h("div", { class: "row acts-of" },
	    act("open", () => open(item)),
	    h("a", { class: "button quiet", href: api.contentUrl(item.id),
	        download: item.filename,
	        onclick: fetchedFirst(item),
	        "aria-label": t("doc.download.one", { name }) },
	        t("doc.download")),
	    mayEdit(item) && act("rename", then(rename)),
	    act("details", then(details)),
	    mayEdit(item) && act("delete", () => remove(item, changed)));
}

function lockOf(holder, names) {
	if (!holder?.locked_by)
		return t("doc.locked");
	return t(holder.replica ? "doc.locked.elsewhere" : "doc.locked.by",
	    { user: holder.locked_by, server: serverOf(holder.replica, names) });
}

function row(item, context) {
	const sign = context.letters.get(item.id) ?? "";
	const last = context.latest.get(item.id);

	return h("tr", { "data-record": item.id },
	    h("td", { class: "siglum" }, sign),
	    h("td", { class: "name" }, h("strong", {}, nameOf(item)),
	        h("div", { class: "chips" },
	            h("span", { class: item.is_gold_standard
	                ? "chip warn" : "chip" }, kind(item)), state(item),
	            item.is_locked && h("span", { class: "chip info" },
	                lockOf(context.holders.get(item.id),
	                    context.names)))),
	    h("td", { class: "n" }, bytes(item.file_size)),
	    h("td", { class: "at" }, h("time", { datetime: item.updated_at,
	        title: exactly(item.updated_at) }, when(item.updated_at)),
	        last?.user && h("div", {}, h("small", {}, last.user))),
	    h("td", {}, acts(item, context)));
}

// context: {letters, latest, holders, names, open(item), changed()}
export function drawRecords(box, group, context) {
	if (!recordsOf(group).length)
		return replace(box, h("p", {}, t("doc.gone"), " ",
		    h("a", { href: "#/library/trash" }, t("doc.trash"))));
	return replace(box, h("table", { class: "records" },
	    h("thead", {}, h("tr", {},
	        ["siglum", "name", "size", "changed", "acts"].map((name) =>
	            h("th", { scope: "col" }, h("span", {
	                class: ["siglum", "acts"].includes(name)
	                    ? "hidden" : null }, t(`doc.col.${name}`)))))),
	    h("tbody", {}, recordsOf(group).map((item) => row(item, context)))));
}
