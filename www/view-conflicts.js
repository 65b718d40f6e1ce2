// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// What was changed on both sides: the list, and one of them with both sides
// beside each other.  Each button says what becomes of the other side: nothing
// is lost, and until the next sync it can be taken back.

import * as api from "./api.js";
import { h, replace } from "./dom.js";
import { events } from "./events.js";
import { bytes, exactly, t, when } from "./i18n.js";
import { nameOf as serverOf, replicaNames } from "./replicas.js";
import { may } from "./session.js";
import * as store from "./standing.js";
import { button, complain, dialog, empty, field, say } from "./ui.js";

// ---- what was settled and not published yet ------------------------------------

const settledKey = `stemma.settled ${api.base.pathname}`;

// Settled in this browser since the last sync; that one published them.
function settled() {
	let all = [];

	try {
		all = JSON.parse(localStorage.getItem(settledKey)) ?? [];
	} catch {
		// as if there were none
	}
	return all.filter((s) => s.lastSync === (store.status?.last_sync_time ??
	    null));
}

function keepSettled(all) {
	localStorage.setItem(settledKey, JSON.stringify(all));
}

function noteSettled(c, resolution) {
	keepSettled([...settled().filter((s) => s.id !== c.stable_id),
		{ id: c.stable_id, filename: c.filename, resolution,
			type: kindOf(c),
			lastSync: store.status?.last_sync_time ?? null }]);
}

async function takeBack(id) {
	try {
		await api.post("sync/unresolve", { file_id: id });
	} catch (error) {
		if (error.status === 404 || error.status === 409)
			error.message = t("conflict.tooLate");
		throw error;
	} finally {
		keepSettled(settled().filter((s) => s.id !== id));
	}
	say(t("conflict.back"), { kind: "good" });
	location.hash = `#/conflicts/${id}`;
}

function drawSettled() {
	const all = settled();

	if (!all.length)
		return null;
	return h("section", { class: "sheet settled",
		"aria-labelledby": "settled" },
	h("h2", { id: "settled" }, t("conflict.settled")),
	h("p", {}, t("conflict.settled.what")),
	h("ul", { class: "plain" }, all.map((s) => h("li", { class: "row" },
	    h("span", { class: "grow" }, h("strong", {}, s.filename), " ",
	        h("span", { class: "chip good" },
	            t(`resolve.${s.type}.${s.resolution}`))),
	    button(t("undo"), () => takeBack(s.id))))));
}

// ---- the list --------------------------------------------------------------------

const who = (c) => c.remote_user ?? t("conflict.somebody");

const isProposed = (c) => c.conflict_type === "proposed";

// What was done before a long absence: changed, deleted or added.
function kindOf(c) {
	if (!isProposed(c))
		return c.conflict_type;
	return !c.remote_hash ? "proposed_new"
	    : !c.local_hash ? "proposed_deleted" : "proposed";
}

function card(c) {
	return h("li", { class: "sheet conflict" },
	    h("a", { href: `#/conflicts/${encodeURIComponent(c.stable_id)}` },
	        h("h2", {}, c.filename)),
	    h("p", {}, t(`conflict.${kindOf(c)}`, { who: who(c) })),
	    h("p", { class: "row" },
	        c.merge_hash && h("span", { class: "chip good" },
	            t("conflict.hasMerge")),
	        h("small", {}, t(c.remote_modified_at ? "conflict.times"
	            : "conflict.time", { mine: when(c.local_modified_at),
	            theirs: when(c.remote_modified_at) }))));
}

async function showList(main, signal) {
	const [{ conflicts }] = await Promise.all([
		api.get("sync/conflicts", { signal }),
		store.look(false, { signal }),
	]);

	replace(main, h("h1", {}, t("nav.conflicts")), drawSettled(),
	    conflicts.length ? [
	        h("p", { class: "lead" }, t(conflicts.every(isProposed)
	            ? "conflict.lead.proposed" : "conflict.lead")),
	        h("ul", { class: "plain" }, conflicts.map(card)),
	    ] : empty(t("conflict.none"), t("conflict.none.what")));
}

// ---- both sides --------------------------------------------------------------------

const hashOf = (c, side) => ({ mine: c.local_hash, theirs: c.remote_hash,
	before: c.ancestor_hash })[side];
const sideUrl = (c, side) => api.versionUrl(c.stable_id, hashOf(c, side));

// Of what is proposed, either side may be missing: who has no content.
const isDeleted = (c, side) => isProposed(c) ? !hashOf(c, side)
    : c.conflict_type === (side === "mine" ? "deleted_local" : "deleted_remote");

// The other server, by the name that it has here.
const server = (c, names) => c.remote_replica && h("span", { class: "chip" },
    serverOf(c.remote_replica, names));

const timeOf = (c, name) => name === "mine" ? c.local_modified_at
    : c.remote_modified_at;

// What became of it on that side, in a sentence.
function fate(c, name) {
	const at = timeOf(c, name);
	const what = !isDeleted(c, name) ? `${name}.changed`
	    : at ? `${name}.deleted` : "theirs.none";

	return t(`conflict.${what}`, { who: who(c), when: when(at) });
}

function side(c, name, names) {
	const record = name === "mine" ? c.local : c.remote;
	const at = timeOf(c, name);
	const gone = isDeleted(c, name);

	return h("section", { class: `side ${name}`,
		"aria-labelledby": `side-${name}` },
	h("h2", { id: `side-${name}` }, t(`conflict.${name}`)),
	h("p", {}, name === "theirs" && [server(c, names), " "],
	    fate(c, name)),
	h("p", { class: "row" },
	    gone ? at && h("span", { class: "chip bad" },
	        t("conflict.deleted"))
	        : [h("a", { href: sideUrl(c, name), target: "_blank",
	            rel: "noopener", class: "button" }, t("conflict.open")),
	        h("small", {}, bytes(record.file_size))],
	    at && h("small", {}, h("time", { datetime: at }, exactly(at)))));
}

// ---- metadata ----------------------------------------------------------------------

const fields = ["label", "filename", "doc_id", "variant", "version",
	"is_gold_standard", "doc_collections"];
const maps = ["doc_metadata", "file_metadata"];

function shown(value) {
	if (value === null || value === undefined || value === "")
		return h("span", { class: "none" }, t("conflict.empty"));
	if (Array.isArray(value))
		return value.length ? value.join(", ") : shown(null);
	if (typeof value === "boolean")
		return t(value ? "yes" : "no");
	return typeof value === "object" ? JSON.stringify(value) : String(value);
}

// What differs, as [name, mine, theirs, before].
export function differences({ local, remote, base }) {
	const same = (a, b) => JSON.stringify(a ?? null) ===
	    JSON.stringify(b ?? null);
	const rows = fields.map((f) => [t(`field.${f}`), local[f], remote[f],
		base?.[f]]);

	for (const map of maps) {
		const keys = new Set([local, remote].flatMap((r) =>
		    Object.keys(r[map] ?? {})));

		for (const key of [...keys].sort())
			rows.push([key, local[map]?.[key], remote[map]?.[key],
				base?.[map]?.[key]]);
	}
	return rows.filter(([, mine, theirs]) => !same(mine, theirs));
}

function metadata(c) {
	const rows = isDeleted(c, "mine") || isDeleted(c, "theirs") ? []
	    : differences(c);
	const names = ["field", "mine", "theirs", "before"];

	if (!rows.length)
		return null;
	return h("section", { class: "sheet", "aria-labelledby": "metadata" },
	    h("h2", { id: "metadata" }, t("conflict.metadata")),
	    h("div", { class: "scroll", tabindex: 0, role: "group",
	        "aria-labelledby": "metadata" },
	        h("table", { class: "fields" },
	            h("thead", {}, h("tr", {}, names.map((name) =>
	                h("th", { scope: "col" }, t(`conflict.${name}`))))),
	            h("tbody", {}, rows.map(([name, ...values]) => h("tr", {},
	                h("th", { scope: "row" }, name),
	                values.map((v) => h("td", {}, shown(v)))))))));
}

// ---- contents ------------------------------------------------------------------------

// A text of one side; fetched once.
function texts(c, signal) {
	const known = { merge: c.merge?.xml_string };

	return async (name) => {
		known[name] ??= await api.get(`files/${c.stable_id}/versions/` +
		    hashOf(c, name), { signal });
		return known[name];
	};
}

// Which two texts are compared: [left, right].
function pairs(c) {
	if (isDeleted(c, "theirs"))
		return c.ancestor_hash ? [["before", "mine"]] : [];
	if (isDeleted(c, "mine"))
		return c.ancestor_hash ? [["before", "theirs"]] : [];
	return [["mine", "theirs"],
		...c.ancestor_hash ? [["before", "mine"], ["before", "theirs"]]
		    : [],
		...c.merge ? [["mine", "merge"], ["theirs", "merge"]] : []];
}

const pairName = ([left, right]) => t("conflict.pair",
    { left: t(`conflict.${left}`), right: t(`conflict.${right}`) });

async function compare(box, c, text, [left, right]) {
	const { sideBySide } = await import("./diff.js");
	const [a, b] = await Promise.all([text(left), text(right)]);

	replace(box, await sideBySide(a, b, { left: t(`conflict.${left}`),
		right: t(`conflict.${right}`) }));
}

function teiContents(c, signal) {
	const text = texts(c, signal);
	const all = pairs(c);
	const box = h("div", { class: "compared" });
	const choose = h("select", { onchange: () => draw().catch(complain) },
	    all.map((pair, i) => h("option", { value: String(i) },
	        pairName(pair))));
	const draw = () => compare(box, c, text, all[choose.value]);

	if (!all.length)
		return null;
	draw().catch((error) => {
		if (!signal.aborted)
			replace(box, h("p", { class: "notice" }, error.message));
	});
	return h("section", { class: "sheet", "aria-labelledby": "texts" },
	    h("div", { class: "row" },
	        h("h2", { id: "texts", class: "grow" }, t("conflict.texts")),
	        all.length > 1 && h("label", { class: "row" },
	            t("conflict.compare"), choose)), box);
}

// How browsers' own viewers show a file that has little room.
const viewer = "#navpanes=0&view=FitH";

function frame(c, name) {
	return h("figure", {}, h("figcaption", {}, t(`conflict.${name}`)),
	    isDeleted(c, name)
	        ? h("p", { class: "gone" }, fate(c, name))
	        : h("iframe", { src: `${sideUrl(c, name)}${viewer}`,
	            title: t("conflict.pdf", { side: t(`conflict.${name}`),
	                name: c.filename }) }));
}

function pdfContents(c) {
	return h("section", { class: "sheet", "aria-labelledby": "texts" },
	    h("h2", { id: "texts" }, t("conflict.pdfs")),
	    h("div", { class: "frames" }, frame(c, "mine"), frame(c, "theirs")));
}

const contents = (c, signal) => c.local.file_type === "pdf" ? pdfContents(c)
    : teiContents(c, signal);

// ---- the merge -------------------------------------------------------------------------

// The proposed text, or one that begins with mine; it may be changed before it
// is taken.  Resolves with the text, or null.
async function editMerge(c, text) {
	const area = h("textarea", { class: "xml", rows: 18, spellcheck: "false",
		wrap: "off", value: c.merge?.xml_string ?? await text("mine") });
	const wrong = h("p", { class: "wrong", role: "alert" });

	area.setSelectionRange(0, 0);
	return dialog(t("merge.title"), (close) => [
		h("p", {}, t(c.merge ? "merge.what" : "merge.own")),
		field(t("merge.text"), area), wrong,
		h("footer", {},
		    h("button", { type: "button", onclick: () => close(null) },
		        t("cancel")),
		    button(t("merge.take"), async () => {
		        try {
		            await settle(c, "merge", { xml_string: area.value });
		            close(area.value);
		        } catch (error) {
		            replace(wrong, error.message);
		            area.focus();
		        }
		    }, { class: "primary" })),
	], { class: "wide" });
}

async function nameVariant(c) {
	const name = h("input", { required: true, maxlength: 200,
		autocomplete: "off", autofocus: true });
	const wrong = h("p", { class: "wrong", role: "alert" });

	return dialog(t("both.title"), (close) => h("form", {
		onsubmit: async (event) => {
			event.preventDefault();
			try {
				await settle(c, "keep_both",
				    { new_variant: name.value.trim() });
				close(true);
			} catch (error) {
				replace(wrong, error.message);
				name.focus();
			}
		} },
	h("p", {}, t(`resolve.${kindOf(c)}.keep_both.what`)),
	field(t("both.name"), name, t("both.hint")), wrong,
	h("footer", {},
	    h("button", { type: "button", onclick: () => close(null) },
	        t("cancel")),
	    h("button", { class: "primary" }, t("both.do")))));
}

// ---- settling --------------------------------------------------------------------------

async function settle(c, resolution, more = {}) {
	try {
		await api.post("sync/resolve-conflict",
		    { file_id: c.stable_id, resolution, ...more },
		    { repeat: true });
	} catch (error) {
		// It took effect, and the answer was lost.
		if (error.status !== 404)
			throw error;
	}
	noteSettled(c, resolution);
	say(t("conflict.done", { name: c.filename,
		how: t(`resolve.${kindOf(c)}.${resolution}`) }),
	{ kind: "good", action: { label: t("undo"),
		run: () => takeBack(c.stable_id).catch(complain) } });
	await next(c);
}

// On to the one that comes after it; the list when it was the last.
async function next(c) {
	const { conflicts } = await api.get("sync/conflicts");
	const after = conflicts.find((o) => o.stable_id > c.stable_id) ??
	    conflicts[0];

	location.hash = after ? `#/conflicts/${after.stable_id}` : "#/conflicts";
}

function choice(c, resolution, run, props = {}) {
	const key = `resolve.${kindOf(c)}.${resolution}`;
	const id = `choice-${resolution}`;

	return h("li", {}, button(t(key), run, { "aria-describedby": id,
		"data-resolution": resolution, ...props }),
	h("p", { id }, t(`${key}.what`, { who: who(c) })));
}

// What cannot be done is not offered: a deletion has nothing to merge with.
function choices(c, signal) {
	const text = texts(c, signal);
	const isTei = c.local.file_type === "tei";
	const both = c.conflict_type === "modified_both";

	return h("section", { class: "sheet choices", "aria-labelledby": "choose" },
	    h("h2", { id: "choose" }, t("conflict.choose")),
	    h("ul", { class: "plain" },
	        choice(c, "local_wins", () => settle(c, "local_wins")),
	        choice(c, "remote_wins", () => settle(c, "remote_wins")),
	        !isDeleted(c, "mine") &&
	            !(isProposed(c) && isDeleted(c, "theirs")) &&
	            choice(c, "keep_both", () => nameVariant(c)),
	        both && isTei && (c.merge
	            ? choice(c, "merge", () => editMerge(c, text),
	                { class: "primary" })
	            : h("li", {}, button(t("merge.write"),
	                () => editMerge(c, text),
	                { "aria-describedby": "choice-merge",
	                    "data-resolution": "merge" }),
	            h("p", { id: "choice-merge" }, t("merge.none",
	                { why: reason(c.merge_reason) }))))),
	    h("p", { class: "calm" }, t("conflict.calm")));
}

const reasons = {
	"the same lines were changed on both sides": "merge.why.lines",
};

const reason = (why) => why in reasons ? t(reasons[why])
    : why ?? t("merge.why.untried");

// ---- one -----------------------------------------------------------------------------------

async function showOne(main, id, signal) {
	const [c, names] = await Promise.all([find(id, signal),
		replicaNames(signal)]);

	if (!c) {
		replace(main, h("h1", {}, t("nav.conflicts")), drawSettled(),
		    empty(t("conflict.over"), t("conflict.over.what"),
		        h("a", { class: "button", href: "#/conflicts" },
		            t("conflict.all"))));
		return;
	}
	document.title = `${c.filename} · ${t("nav.conflicts")} · Stemma`;
	replace(main,
	    h("p", {}, h("a", { href: "#/conflicts" }, `← ${t("conflict.all")}`)),
	    h("h1", {}, c.filename),
	    h("p", { class: "lead" }, t(`conflict.${kindOf(c)}`,
	        { who: who(c) }), " ",
	    h("a", { href: `#/document/${encodeURIComponent(c.stable_id)}` },
	        t("conflict.document"))),
	    h("div", { class: "sides" }, side(c, "mine"),
	        side(c, "theirs", names)),
	    metadata(c), contents(c, signal),
	    may("annotator") ? choices(c, signal)
	        : h("p", { class: "notice" }, t("conflict.mayNot")));
}

async function find(id, signal) {
	try {
		const [c] = await Promise.all([
			api.get(`sync/conflicts/${encodeURIComponent(id)}`,
			    { signal }),
			store.look(false, { signal }),
		]);

		return c;
	} catch (error) {
		if (error.status !== 404)
			throw error;
		return null;
	}
}

export async function show(main, args, signal) {
	const draw = () => args[0] ? showOne(main, args[0], signal)
	    : showList(main, signal);
	// Whoever reads a conflict is not disturbed by what happens elsewhere.
	const news = (e) => {
		if (!args[0] || e.detail?.stable_id === args[0])
			draw().catch(complain);
	};

	await draw();
	for (const name of ["syncComplete", "fileChanged", "resync"])
		events.addEventListener(name, news, { signal });
}
