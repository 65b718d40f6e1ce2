// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// Small dialogs that change what is said of a document.

import * as api from "./api.js";
import { h, replace } from "./dom.js";
import { compare, t } from "./i18n.js";
import { mainRecord, recordsOf, titleOf } from "./library-row.js";
import { busy, dialog, field } from "./ui.js";

// A form in a dialog: `save()` answers whether it may close.  What is wrong is
// said in the dialog, and what was typed stays.
function form(title, body, save, label = t("library.save")) {
	return dialog(title, (close) => {
		const wrong = h("p", { class: "wrong", role: "alert" });
		const button = h("button", { class: "primary" }, label);
		const submit = async () => {
			replace(wrong);
			try {
				close(await save() ?? true);
			} catch (error) {
				replace(wrong, error.message);
			}
		};

		return h("form", { onsubmit: (event) => {
			event.preventDefault();
			busy(button, submit)();
		} }, body, wrong, h("footer", {},
			h("button", { type: "button", onclick: () => close() },
			    t("cancel")), button));
	}, { class: "library-dialog" });
}

const patch = (record, change) =>
    api.patch(`files/${encodeURIComponent(record.id)}`, change);

// ---- the label ------------------------------------------------------------------

export function rename(group) {
	const record = mainRecord(group);
	const input = h("input", { value: record.label ?? "", maxlength: 1000,
		autofocus: true, autocomplete: "off",
		placeholder: titleOf(group) });

	return form(t("rename.title"), field(t("rename.label"), input,
	    t("rename.hint")), () => patch(record,
	    { label: input.value.trim() || null }));
}

// ---- collections -----------------------------------------------------------------

function choice(name, isChosen) {
	const box = h("input", { type: "checkbox", checked: isChosen,
		value: name });

	return h("label", { class: "choice" }, box, h("span", {}, name));
}

// The PDF says it for its TEI; where there is none, each says it for itself.
const speakers = (group) => group.pdf ? [group.pdf] : recordsOf(group);

// What others chose meanwhile stays, where nobody chose here: `fresh()` answers
// the document as it is now.
export function setCollections(group, all, fresh) {
	const names = [...new Set([...all, ...group.doc_collections])]
	    .sort(compare);
	const list = h("div", { class: "boxes" }, names.map((name) =>
	    choice(name, group.doc_collections.includes(name))));
	const input = h("input", { autocomplete: "off", maxlength: 200 });
	const add = () => {
		const name = input.value.trim();

		if (!name)
			return;
		list.append(choice(name, true));
		input.value = "";
	};

	return form(t("collections.title", { title: titleOf(group) }), [
		names.length ? h("fieldset", { class: "plain" },
		    h("legend", { class: "hidden" }, t("library.collections")),
		    list) : list,
		field(t("collections.new"), input),
	], async () => {
		add();
		const boxes = [...list.querySelectorAll("input")];
		const was = new Set(group.doc_collections);
		const now = await fresh();
		const chosen = new Set(now.doc_collections);

		for (const { value, checked } of boxes) {
			if (checked && !was.has(value))
				chosen.add(value);
			if (!checked && was.has(value))
				chosen.delete(value);
		}
		for (const record of speakers(now))
			await patch(record, { doc_collections: [...chosen] });
	});
}

// ---- metadata ----------------------------------------------------------------------

// Texts are edited as they are, other values as JSON.
const shown = (value) => typeof value === "string" ? value
    : JSON.stringify(value);

function parsed(text, was) {
	if (was === undefined || typeof was === "string")
		return text;
	try {
		return JSON.parse(text);
	} catch {
		throw new Error(t("metadata.noJson", { text }));
	}
}

function pair(name, value, original) {
	const key = h("input", { class: "name", value: name, autocomplete: "off",
		"aria-label": t("metadata.name") });
	const input = h("textarea", { rows: 1, value,
		"aria-label": t("metadata.value", { name: name || "…" }) });
	const row = h("div", { class: "pair" }, key, input,
	    h("button", { type: "button", class: "icon",
	        "aria-label": t("metadata.remove", { name: name || "…" }),
	        onclick: () => row.remove() }, "×"));

	row.read = () => [key.value.trim(), parsed(input.value, original)];
	return row;
}

const usual = ["title", "author", "date"];

function access(record) {
	const options = (names, now) => names.map((name) =>
	    h("option", { value: name, selected: name === now },
	        t(`access.${name}`)));
	const { visibility, editability } = record.access_control;
	const who = h("select", {}, options(["public", "private"], visibility));
	const how = h("select", {}, options(["editable", "protected"],
	    editability));

	return { node: h("div", { class: "rights" },
	    field(t("access.visibility"), who),
	    field(t("access.editability"), how)), who, how };
}

// What was changed here is put into the metadata as they are by then.
function applied(now, was, made) {
	const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
	const result = { ...now };

	for (const name of Object.keys({ ...was, ...made })) {
		if (same(was[name], made[name]))
			continue;
		if (name in made)
			result[name] = made[name];
		else
			delete result[name];
	}
	return result;
}

export function setMetadata(group, fresh) {
	const record = mainRecord(group);
	const { access_control: was, ...rest } = group.doc_metadata;
	const names = [...new Set([...usual, ...Object.keys(rest)])];
	const list = h("div", { class: "pairs" }, names.map((name) =>
	    pair(name, name in rest ? shown(rest[name]) : "", rest[name])));
	list.querySelector("textarea").autofocus = true;
	const rights = access(record);

	const read = () => {
		const made = {};

		for (const row of list.children) {
			const [name, value] = row.read();

			if (name && value !== "")
				made[name] = value;
		}
		if (rights.who.value !== record.access_control.visibility ||
		    rights.how.value !== record.access_control.editability)
			made.access_control = { ...record.access_control,
				visibility: rights.who.value,
				editability: rights.how.value };
		else if (was !== undefined)
			made.access_control = was;
		return made;
	};

	return form(t("metadata.title", { title: titleOf(group) }), [
		list,
		h("button", { type: "button", class: "quiet", onclick: () => {
			const row = pair("", "", undefined);

			list.append(row);
			row.firstChild.focus();
		} }, t("metadata.add")),
		rights.node,
	], async () => {
		const made = read();
		const now = await fresh();
		const doc_metadata = applied(now.doc_metadata,
		    group.doc_metadata, made);

		for (const one of speakers(now))
			await patch(one, { doc_metadata });
	});
}
