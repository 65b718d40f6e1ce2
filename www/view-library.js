// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// The documents: found, filtered and sorted by the server, however many there
// are; uploaded, renamed, put into collections, deleted and brought back.

import * as api from "./api.js";
import { h, replace, seldom } from "./dom.js";
import { events } from "./events.js";
import { number, t } from "./i18n.js";
import { Pages } from "./library-pages.js";
import { recordsOf, row } from "./library-row.js";
import { Windowed } from "./list.js";
import { may } from "./session.js";
import { button, complain, empty, say } from "./ui.js";

// What is not seen at first comes when it is wanted.
const trash = () => import("./library-trash.js");
let uploading = null; // the modules, once files were given

async function loadUploading() {
	uploading ??= { ...await import("./upload.js"),
		...await import("./upload-panel.js") };
	return uploading;
}

const states = ["any", "in_step", "to_send", "to_fetch", "conflict"];
const sorts = ["newest", "changed", "name"];
const lookAgain = 30000;  // at locks, which say nothing when they end
const calm = 800;         // between two looks, however much happens

// What was asked for, and where one was, when this view was left.
const memory = { q: "", collection: "", state: "", sort: "", y: 0 };

// ---- who works on what ------------------------------------------------------------

// The name of another server; few ever see one here.
async function serverOf(replica, signal) {
	if (!replica)
		return null;
	const { nameOf, replicaNames } = await import("./replicas.js");

	return nameOf(replica, await replicaNames(signal));
}

class Editors {
	constructor(found) {
		this.names = new Map();
		this.found = found;
	}

	// The list says that a record is locked; the name is asked for.
	async look(groups, signal) {
		const locked = groups.flatMap((g) => g ? recordsOf(g) : [])
		    .filter((r) => r.is_locked);

		for (const { id } of locked) {
			if (this.names.has(id))
				continue;
			this.names.set(id, null);
			const holder = await api.post("files/check_lock",
			    { file_id: id }, { signal });

			this.names.set(id, { ...holder, server:
				await serverOf(holder.replica, signal) });
			this.found(id);
		}
	}

	forget() {
		this.names.clear();
	}
}

// ---- the bar ---------------------------------------------------------------------------

function choose(name, options, now, changed) {
	const node = h("select", { name, "aria-label": t(`library.${name}`),
		onchange: () => changed(name, node.value) },
	options.map(([value, label]) => h("option", { value,
		selected: value === now }, label)));

	return node;
}

class Bar {
	constructor(changed) {
		this.search = h("input", { type: "search", name: "q",
			value: memory.q, placeholder: t("library.search"),
			"aria-label": t("library.search"), autocomplete: "off",
			spellcheck: "false", "aria-keyshortcuts": "/" });
		this.search.addEventListener("input", seldom(180, () =>
		    changed("q", this.search.value.trim())));
		this.collections = choose("collection", [["",
			t("library.allCollections")]], "", changed);
		this.state = choose("state", states.map((name) =>
		    [name === "any" ? "" : name, t(`library.state.${name}`)]),
		memory.state, changed);
		this.sort = choose("sort", sorts.map((name) =>
		    [name === "newest" ? "" : name, t(`library.sort.${name}`)]),
		memory.sort, changed);
		this.node = h("div", { class: "library-bar", role: "search" },
		    this.search, this.collections, this.state, this.sort);
		this.names = [];
	}

	async load(signal) {
		const { collections } = await api.get("collections", { signal });
		const names = collections.map((c) => c.name);
		const gone = memory.collection && !names.includes(
		    memory.collection);

		this.names = names;
		replace(this.collections,
		    h("option", { value: "" }, t("library.allCollections")),
		    gone && h("option", { value: memory.collection },
		        memory.collection),
		    collections.map((c) => h("option", { value: c.name },
		        `${c.name} (${number(c.documents)})`)));
		this.collections.value = memory.collection;
	}
}

// ---- giving files -----------------------------------------------------------------------

function chooser(give, props) {
	const input = h("input", { type: "file", multiple: true, hidden: true,
		...props });

	input.addEventListener("change", async () => {
		const { picked } = await loadUploading();

		give(picked(input));
		input.value = "";
	});
	return input;
}

// The browser forgets what was dropped as soon as something is waited for.
async function entries(transfer) {
	const kept = [...transfer.items].filter((i) => i.kind === "file")
	    .map((i) => i.webkitGetAsEntry?.() ?? null);
	const files = [...transfer.files];
	const { dropped } = await loadUploading();

	return dropped(kept, files);
}

const hasFiles = (event) => event.dataTransfer?.types.includes("Files");

// Files can be dropped anywhere while this view is shown.
function takeDrops(give, curtain, signal) {
	let depth = 0;
	const on = (name, f) => addEventListener(name, (event) => {
		if (hasFiles(event)) {
			event.preventDefault();
			f(event);
		}
	}, { signal });
	const show = (by) => {
		depth = by ? Math.max(0, depth + by) : 0;
		curtain.hidden = !depth;
	};

	on("dragenter", () => show(1));
	on("dragleave", () => show(-1));
	on("dragover", (event) => {
		event.dataTransfer.dropEffect = "copy";
	});
	on("drop", (event) => {
		show(0);
		entries(event.dataTransfer).then(give).catch(complain);
	});
}

// ---- the view ------------------------------------------------------------------------------

class Library {
	constructor(main, signal) {
		this.main = main;
		this.signal = signal;
		this.pages = new Pages(() => this.draw(), (error) =>
		    signal.aborted || complain(error));
		this.editors = new Editors((id) => this.list.redraw((g) =>
		    recordsOf(g).some((r) => r.id === id)));
		this.list = new Windowed({ cls: "docs",
			label: t("nav.library"),
			count: () => this.pages.total,
			item: (i) => this.pages.item(i),
			key: (group) => group.doc_id,
			draw: (group) => row(group, {
				editors: this.editors.names,
				openMenu: (g, b) =>
				    this.openMenu(g, b).catch(complain) }),
			need: (a, b) => this.need(a, b) });
		this.bar = new Bar((name, value) => this.ask(name, value));
		this.count = h("p", { class: "count", role: "status" });
		this.nothing = h("div", {});
		this.uploads = h("div", {});
		this.curtain = h("div", { class: "curtain", hidden: true },
		    h("p", {}, t("upload.drop")));
		this.lastLook = 0;
		this.timer = 0;
		this.wanted = 0;  // where one was before
	}

	heading() {
		const files = chooser((list) => this.give(list));
		const folder = chooser((list) => this.give(list),
		    { webkitdirectory: true });
		const may_ = may("annotator");

		return h("div", { class: "library-head" },
		    h("h1", {}, t("nav.library")), this.count,
		    h("div", { class: "row" },
		        h("a", { class: "button quiet", href: "#/library/trash" },
		            t("trash.title")),
		        may_ && [files, folder,
		            button(t("upload.folder"), () => folder.click(),
		                { class: "folder" }),
		            button(t("upload.files"), () => files.click(),
		                { class: "primary" })]));
	}

	async give(list) {
		const { uploads } = await loadUploading();

		if (!list.length) {
			say(t("upload.nothing"));
			return;
		}
		this.showUploads();
		uploads.add(list.map((one) => ({ ...one,
			collection: memory.collection })));
	}

	// They go on while other views are shown.
	showUploads() {
		if (!uploading || this.uploads.firstChild)
			return;
		const { uploads, uploadPanel } = uploading;
		let { done } = uploads.counts;

		this.uploads.append(uploadPanel(this.signal));
		uploads.addEventListener("change", () => {
			if (uploads.counts.done !== done)
				this.soon();
			({ done } = uploads.counts);
		}, { signal: this.signal });
	}

	// ---- showing ---------------------------------------------------------

	query() {
		const { q, collection, state, sort } = memory;

		return { q, collection, state, sort };
	}

	need(first, last) {
		this.pages.need(first, last);
		const groups = [];

		for (let i = first; i <= last; i++)
			groups.push(this.pages.item(i));
		this.editors.look(groups, this.signal).catch(() => {});
	}

	sayCount() {
		const { total, isKnown, isCounted } = this.pages;

		if (isKnown)
			this.count.textContent = isCounted
			    ? t("library.count", { n: total })
			    : t("library.counting");
	}

	draw() {
		const { total, isKnown } = this.pages;
		const isFiltered = Boolean(memory.q || memory.collection ||
		    memory.state);

		if (this.signal.aborted)
			return;
		this.sayCount();
		replace(this.nothing, isKnown && total === 0 && (isFiltered
		    ? empty(t("library.noneFound"), t("library.noneFoundWhat"),
		        button(t("library.showAll"), () => this.askAll()))
		    : empty(t("library.empty"), t(may("annotator")
		        ? "library.emptyWhat" : "library.emptyRead"))));
		this.list.covered = this.bar.node.offsetHeight;
		this.list.render();
		this.goBack();
	}

	// Back from a document, to where one was, as soon as that is there.
	goBack() {
		if (!this.wanted || this.list.node.offsetHeight < this.wanted)
			return;
		scrollTo(0, this.wanted);
		this.wanted = 0;
	}

	async ask(name, value) {
		memory[name] = value;
		memory.y = 0;
		this.list.current = 0;
		if (scrollY > this.list.node.offsetTop)
			scrollTo(0, this.list.node.offsetTop -
			    this.bar.node.offsetHeight);
		try {
			await this.pages.ask(this.query());
		} catch (error) {
			complain(error);
		}
	}

	async askAll() {
		Object.assign(memory, { q: "", collection: "", state: "" });
		for (const node of [this.bar.search, this.bar.collections,
			this.bar.state])
			node.value = "";
		this.bar.search.focus();
		await this.ask("q", "");
	}

	// ---- staying up to date --------------------------------------------------

	// What is at the top stays there, wherever it is in the list by then.
	async refresh() {
		const { list, pages } = this;
		const top = list.firstSeen();
		const anchor = scrollY > list.node.offsetTop - 10
		    ? pages.item(top)?.doc_id : null;

		this.lastLook = performance.now();
		this.editors.forget();
		await pages.refresh(top, top + Math.ceil(innerHeight /
		    list.height()));
		const now = anchor ? pages.indexOf(anchor) : -1;

		if (now >= 0 && now !== top) {
			scrollBy(0, (now - top) * list.height());
			list.render();
		}
	}

	soon() {
		if (this.timer || document.hidden)
			return;
		const wait = Math.max(50, this.lastLook + calm -
		    performance.now());

		this.timer = setTimeout(() => {
			this.timer = 0;
			Promise.all([this.refresh(), this.bar.load(this.signal)])
			    .catch((error) => this.signal.aborted ||
			        complain(error));
		}, wait);
	}

	listen() {
		const { signal } = this;
		const soon = () => this.soon();

		for (const name of ["fileChanged", "remoteChanged", "resync",
			"syncComplete", "locksChanged"])
			events.addEventListener(name, soon, { signal });
		document.addEventListener("visibilitychange", soon, { signal });
		const every = setInterval(soon, lookAgain);

		addEventListener("keydown", (e) => {
			if (e.key === "/" && !e.ctrlKey && !e.metaKey &&
			    !e.target.matches("input, textarea, select") &&
			    !document.querySelector("dialog[open]")) {
				e.preventDefault();
				this.bar.search.select();
				this.bar.search.focus();
			}
		}, { signal });
		signal.addEventListener("abort", () => {
			clearInterval(every);
			clearTimeout(this.timer);
			this.pages.stop.abort();
		});
		// When the view is left, the page is at its top already.
		addEventListener("scroll", () => {
			memory.y = scrollY;
		}, { signal, passive: true });
	}

	// ---- doing ---------------------------------------------------------------

	async openMenu(group, at) {
		const { openMenu } = await import("./library-menu.js");

		openMenu(group, at, this);
	}

	// As it is by now.
	async fresh(group) {
		await this.refresh();
		return this.pages.item(this.pages.indexOf(group.doc_id)) ?? group;
	}

	async show() {
		this.wanted = memory.y;
		replace(this.main, this.heading(), this.uploads, this.bar.node,
		    this.nothing, this.list.node, this.curtain);
		this.showUploads();
		this.list.follow(this.signal);
		this.listen();
		if (may("annotator"))
			takeDrops((list) => this.give(list), this.curtain,
			    this.signal);
		this.bar.load(this.signal).catch(complain);
		await this.pages.ask(this.query());
	}
}

export async function show(main, args, signal) {
	if (args[0] === "trash")
		await (await trash()).showTrash(main, signal);
	else
		await new Library(main, signal).show();
}
