// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// What one can do with a document of the library: its menu, fetched when it is
// opened for the first time.

import * as api from "./api.js";
import { fetchedFirst } from "./content.js";
import { t } from "./i18n.js";
import { rename, setCollections, setMetadata } from "./library-dialogs.js";
import { recordsOf, titleOf } from "./library-row.js";
import { restore } from "./library-trash.js";
import { menu } from "./menu.js";
import { may } from "./session.js";
import { complain, say } from "./ui.js";

// `changed()` is called when it is back; events tell others, some hosts late.
async function remove(group, changed) {
	const ids = recordsOf(group).map((r) => r.id);
	const title = titleOf(group);

	await api.post("files/delete", { files: ids });
	say(t("library.deleted", { title }), { action: {
		label: t("library.undo"),
		run: async () => {
			try {
				await restore(ids);
				say(t("library.restored", { title }),
				    { kind: "good" });
			} catch (error) {
				complain(error);
			}
			changed();
		},
	} });
}

function links(group) {
	const records = recordsOf(group);
	const tei = records.find((r) => r.file_type !== "pdf");
	const list = [{ label: t("library.open"),
		href: `#/document/${records[0].id}` }, null];

	for (const record of [group.pdf, tei].filter(Boolean)) {
		const kind = record.file_type.toUpperCase();
		const href = api.contentUrl(record.id);

		list.push({ label: t("library.view", { kind }), href,
			target: "_blank", onclick: fetchedFirst(record) },
		{ label: t("library.download", { kind }), href,
			download: record.filename,
			onclick: fetchedFirst(record) });
	}
	return list;
}

// `library` is the view: it refresh()es, knows the names of all collections
// (bar.names), and what is fresh(group).
function changes(group, library) {
	const fresh = () => library.fresh(group);
	const done = (f) => async () => {
		await f(await fresh());
		await library.refresh();
	};

	return [null,
		{ label: t("rename.menu"), run: done(rename) },
		{ label: t("collections.menu"), run: done((g) =>
			setCollections(g, library.bar.names, fresh)) },
		{ label: t("metadata.menu"),
			run: done((g) => setMetadata(g, fresh)) },
		null,
		{ label: t("library.delete"), danger: true,
			run: done((g) => remove(g, () => library.soon())) }];
}

export function openMenu(group, at, library) {
	menu(at, t("library.actions", { title: titleOf(group) }),
	    [...links(group),
	        ...may("annotator") ? changes(group, library) : []]);
}
