// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// Beside the stemma: one version to read, or two that are compared.

import * as api from "./api.js";
import { fetchContent, isAway } from "./content.js";
import { sideBySide } from "./diff.js";
import { h, replace } from "./dom.js";
import { exactly, t, when } from "./i18n.js";
import { kindOf, siglumOf } from "./stemma.js";
import { reading, source } from "./tei-text.js";
import { spinner } from "./ui.js";

const rememberedWay = "stemma.reading";

// ---- what a version is ------------------------------------------------------

export const isPdf = (node) => node.item?.file_type === "pdf";

const address = (node) => api.versionUrl(node.stable_id, node.content_hash);

function facts(node, server) {
	return h("p", { class: "facts" }, [kindOf(node),
		node.user && t("version.by", { who: node.user }), server]
	    .filter(Boolean).join(" · "), " ",
	    node.time && h("time", { datetime: node.time,
	        title: exactly(node.time) }, when(node.time)));
}

const link = (node) => h("a", { class: "button quiet", href: address(node),
	target: "_blank", rel: "noopener" }, t("version.raw"));

async function fetched(node, signal) {
	return api.send("GET", `files/${encodeURIComponent(node.stable_id)}` +
	    `/versions/${node.content_hash}`, { signal });
}

const textOf = async (node, signal) => (await fetched(node, signal)).text();

// A version can be known without being kept here: a server that merged it
// into another never published it, and what was replaced before this one looked
// was not fetched.
const missing = (node) => h("p", { class: "notice" },
	t(node?.version == null ? "version.elsewhere" : "version.past"));

// ---- one to read ------------------------------------------------------------

function readable(text) {
	const box = h("div", {});
	const ways = { read: () => reading(text), source: () => source(text) };
	const buttons = {};
	const choose = (way) => {
		const drawn = ways[way]();

		localStorage.setItem(rememberedWay, way);
		for (const [name, button] of Object.entries(buttons))
			button.setAttribute("aria-pressed", String(name === way));
		replace(box, drawn ?? h("p", { class: "pale" },
		    t("version.noText")));
	};

	for (const way of Object.keys(ways))
		buttons[way] = h("button", { type: "button",
			onclick: () => choose(way) }, t(`version.${way}`));
	choose(localStorage.getItem(rememberedWay) === "source" ? "source"
	    : "read");
	return [h("div", { class: "row ways", role: "group",
	    "aria-label": t("version.ways") }, Object.values(buttons)), box];
}

// The browser's own viewer; where it has none, there is the link above.
const pdf = (node) => h("iframe", { class: "pdf", src: address(node),
	title: t("version.pdf", { name: node.item?.filename ?? "" }) });

// What this server does not keep, it fetches when somebody wants to see it.
async function haveHere(box, node, signal) {
	if (!isAway(node.item) ||
	    node.item.content_hash !== node.content_hash)
		return;
	replace(box, h("p", { class: "waiting", role: "status" },
	    t("content.fetching")));
	await fetchContent(node.item, { signal });
}

async function drawOne(box, node, signal) {
	if (node.kind === "delete")
		return replace(box, h("p", {}, t("version.deleted")));
	await haveHere(box, node, signal);
	if (isPdf(node))
		return replace(box, pdf(node));
	const answer = await fetched(node, signal);

	// Of a record in the trash it is not known before.
	if (answer.headers.get("Content-Type")?.startsWith("application/pdf"))
		return replace(box, pdf(node));
	return replace(box, readable(await answer.text()));
}

// ---- two to compare ---------------------------------------------------------

const heading = (node) => h("span", {}, siglumOf(node), " ",
    h("small", {}, [node.user, node.time && when(node.time)].filter(Boolean)
        .join(", ")));

async function drawTwo(box, one, two, signal) {
	if (isPdf(one) || isPdf(two))
		return replace(box, h("div", { class: "two" },
		    [one, two].map((node) => h("div", {}, h("h3", {},
		        heading(node)), link(node), isPdf(node) && pdf(node)))));
	const [left, right] = await Promise.all([one, two].map(async (node) => {
		await haveHere(box, node, signal);
		return textOf(node, signal);
	}));

	return replace(box, await sideBySide(left, right,
	    { left: heading(one), right: heading(two) }));
}

// ---- the panel --------------------------------------------------------------

export class VersionPanel {
	constructor({ signal, serverOf, closed }) {
		this.signal = signal;
		this.serverOf = serverOf;
		this.closed = closed;
		this.node = h("section", { class: "sheet version", hidden: true,
			tabindex: -1 });
	}

	close() {
		this.leaving?.abort();
		this.node.hidden = true;
		this.closed();
	}

	async fill(node, title, acts, draw) {
		this.leaving?.abort();
		this.leaving = new AbortController();
		const signal = AbortSignal.any([this.signal,
			this.leaving.signal]);
		const box = h("div", { class: "version-body" }, spinner());
		const head = h("h2", { id: "version-title" }, title);

		replace(this.node, h("div", { class: "row version-head" },
		    h("div", { class: "grow" }, head), acts,
		    h("button", { type: "button", class: "icon noprint",
		        "aria-label": t("close"), onclick: () => this.close() },
		        "×")), box);
		this.node.setAttribute("aria-labelledby", "version-title");
		this.node.hidden = false;
		this.node.focus({ preventScroll: true });
		this.node.scrollIntoView({ block: "nearest" });
		try {
			await draw(box, signal);
		} catch (error) {
			if (!signal.aborted)
				replace(box, error.status === 404 ? missing(node)
				    : h("p", { class: "notice" }, error.message));
		}
		if (!signal.aborted)
			this.node.scrollIntoView({ block: "nearest" });
	}

	show(node) {
		const { label, filename } = node.item ?? {};

		return this.fill(node, [siglumOf(node), " ", label || filename || ""],
		    link(node), (box, signal) => {
			const body = h("div", {}, spinner());

			replace(box, facts(node, this.serverOf(node)), body);
			return drawOne(body, node, signal);
		});
	}

	compare(one, two) {
		return this.fill(null, t("version.two", { one: one.siglum,
			two: two.siglum }), null, (box, signal) =>
		    drawTwo(box, one, two, signal));
	}
}
