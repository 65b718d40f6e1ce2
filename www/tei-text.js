// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// A TEI text as a person reads it, and as it is written.  Both are made of
// elements of ours and of text: nothing in a document can become more than
// that.  The parser is the browser's, which for XML of this kind fetches
// nothing and runs nothing.

import { h } from "./dom.js";
import { t } from "./i18n.js";

const readMax = 400000; // characters of source that are drawn at once
const deepest = 200;    // elements within each other

// ---- to read ----------------------------------------------------------------

// What an element becomes; the class is its name in TEI.
const blocks = { head: "h4", p: "p", ab: "p", l: "p", lg: "div", sp: "div",
	speaker: "p", stage: "p", div: "section", front: "section",
	body: "section", back: "section", list: "ul", item: "li", table: "table",
	row: "tr", cell: "td", quote: "blockquote", opener: "div",
	closer: "div", salute: "p", signed: "p", dateline: "p", address: "p",
	titlePage: "div", docTitle: "div", titlePart: "p", castList: "ul",
	castItem: "li", note: "aside", figure: "figure", figDesc: "figcaption",
	bibl: "p", listBibl: "div", epigraph: "div", trailer: "p", set: "p" };
const inline = { hi: "em", emph: "em", foreign: "em", title: "cite",
	del: "del", add: "ins", abbr: "abbr", ref: "span", persName: "span",
	placeName: "span", date: "span", unclear: "span", gap: "span" };
const lists = { li: "UL", tr: "TABLE", td: "TR" };

function mark(node) {
	const n = node.getAttribute("n");

	return h("span", { class: "tei-break" }, node.localName === "pb"
	    ? t("tei.page", { n: n ?? "" }) : "");
}

function rendered(node, depth) {
	const rend = `${node.getAttribute("rend") ?? ""} ` +
	    (node.getAttribute("rendition") ?? "");
	const name = node.localName;
	const tag = blocks[name] ?? inline[name] ?? "span";
	const props = { class: [`tei-${name}`, /bold|\bb\b/.test(rend) &&
	    "bold", /sup/.test(rend) && "sup"].filter(Boolean).join(" ") };

	return h(tag, props, parts(node, depth + 1));
}

function parts(node, depth) {
	if (depth > deepest)
		return [node.textContent];
	return [...node.childNodes].map((child) => {
		if (child.nodeType === Node.TEXT_NODE ||
		    child.nodeType === Node.CDATA_SECTION_NODE)
			return child.data;
		if (child.nodeType !== Node.ELEMENT_NODE)
			return null;
		if (child.localName === "lb")
			return h("br");
		return ["pb", "cb"].includes(child.localName) ? mark(child)
		    : rendered(child, depth);
	});
}

// A list item outside a list, a row outside a table: plain text is better.
function mend(box) {
	for (const [tag, parent] of Object.entries(lists)) {
		for (const node of box.querySelectorAll(tag)) {
			const above = node.parentElement.tagName;

			if (above !== parent && above !== "TBODY")
				node.replaceWith(h("div", {
					class: node.className },
				    [...node.childNodes]));
		}
	}
	for (const list of box.querySelectorAll("ul")) {
		for (const node of list.children) {
			if (node.tagName !== "LI")
				node.replaceWith(h("li", {
					class: "plain" }, node.cloneNode(true)));
		}
	}
	return box;
}

function parse(text) {
	const doc = new DOMParser().parseFromString(text, "application/xml");

	return doc.querySelector("parsererror") ? null : doc;
}

// The title of a TEI text, or "".
export function titleOf(text) {
	const doc = parse(text);
	const title = doc?.querySelector("teiHeader titleStmt title");

	return title?.textContent.replace(/\s+/g, " ").trim() ?? "";
}

// The text to be read; null if there is none in it.
export function reading(text) {
	const body = parse(text)?.getElementsByTagNameNS("*", "text")[0];

	return body ? mend(h("div", { class: "tei", lang: body.getAttribute(
	    "xml:lang") }, parts(body, 0))) : null;
}

// ---- as it is written -------------------------------------------------------

const token = new RegExp([
	"<!--[\\s\\S]*?-->", "<\\?[\\s\\S]*?\\?>", "<!\\[CDATA\\[[\\s\\S]*?\\]\\]>",
	"</?[^\\s<>/]+(?:\\s+[^<>]*?)?/?>", "&[^;\\s<&]{1,30};",
].join("|"), "g");

function tag(text) {
	const name = /^<\/?[^\s<>/]+/.exec(text)[0];
	const rest = text.slice(name.length);

	return h("span", { class: "xml-tag" }, name,
	    rest.split(/("[^"]*"|'[^']*')/).map((part, i) => i % 2
	        ? h("span", { class: "xml-value" }, part) : part));
}

function coloured(text) {
	const out = [];
	let at = 0;

	for (const { 0: found, index } of text.matchAll(token)) {
		out.push(text.slice(at, index));
		at = index + found.length;
		if (/^<[!?]/.test(found))
			out.push(h("span", { class: "xml-aside" }, found));
		else if (found.startsWith("<"))
			out.push(tag(found));
		else
			out.push(h("span", { class: "xml-value" }, found));
	}
	out.push(text.slice(at));
	return out;
}

export function source(text) {
	const code = h("code", {}, coloured(text.slice(0, readMax)));
	const box = h("pre", { class: "xml", tabindex: 0, role: "region",
		"aria-label": t("tei.source") }, code);

	if (text.length > readMax) {
		const rest = h("button", { type: "button", onclick: () => {
			rest.remove();
			code.append(text.slice(readMax));
		} }, t("tei.rest", { n: text.length - readMax }));

		return h("div", {}, box, rest);
	}
	return box;
}
