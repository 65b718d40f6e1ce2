// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// The bar at the top: where one can go, what waits there, who one is.

import { h, replace } from "./dom.js";
import { choose, language, languages, t } from "./i18n.js";
import * as who from "./session.js";
import { behind, standing, status } from "./standing.js";
import { button } from "./ui.js";

const top = document.getElementById("top");

function link(name, now) {
	return h("a", { href: `#/${name}`, "data-nav": name,
		"aria-current": name === now ? "page" : null }, t(`nav.${name}`),
	    h("span", { class: "badge", "data-badge": name }));
}

export function languageMenu() {
	const menu = h("select", { "aria-label": t("language"),
		onchange: () => {
			choose(menu.value);
			location.reload();
		} },
	    Object.entries(languages).map(([name, label]) =>
	        h("option", { value: name, selected: name === language },
	            label)));

	return menu;
}

// Its dialog is fetched when it is wanted.
async function account() {
	(await import("./users.js")).showAccount();
}

export function drawTop(now) {
	const names = ["library", "sync", "conflicts"];

	if (who.may("admin"))
		names.push("settings");
	replace(top,
	    h("a", { class: "brand", href: "#/library" },
	        h("img", { src: "icon.svg", alt: "", width: 28, height: 28 }),
	        "Stemma"),
	    who.user && h("nav", { "aria-label": t("nav") },
	        names.map((name) => link(name, now))),
	    h("div", { class: "me" }, languageMenu(),
	        who.user && [
	            button(who.user.fullname || who.user.username, account,
	                { class: "quiet name", title: t("account.title"),
	                    "aria-haspopup": "dialog" }),
	            button(t("signout"), who.signOut, { class: "quiet" }),
	        ]),
	    h("p", { class: "news", role: "status" }));
	drawNews();
}

// ---- what waits ----------------------------------------------------------------


// How many wait behind a link; 0 shows nothing.
export function badge(name, n, label) {
	const node = top.querySelector(`[data-badge="${name}"]`);

	if (node)
		replace(node, n > 0 && [
			h("span", { "aria-hidden": "true" }, String(n)),
			h("span", { class: "hidden" }, ` (${label})`)]);
}

// What others published is said wherever one is; the sync view has its own
// sentence for it.
function newsLine() {
	const n = behind();

	if (!n || !status.remote_reachable || status.sync_in_progress ||
	    document.getElementById("main").dataset.view === "sync")
		return null;
	return [t("news.behind", { n }), " ",
		h("a", { href: "#/sync" }, t("news.look"))];
}

function drawNews() {
	const line = top.querySelector(".news");
	const text = status && who.user ? newsLine() : null;

	if (!line)
		return;
	badge("conflicts", status?.conflicts ?? 0,
	    t("conflicts.open", { n: status?.conflicts ?? 0 }));
	badge("sync", behind(), t("sync.behind", { n: behind() }));
	// Said once, not with every look.
	if (line.dataset.n !== String(text ? behind() : ""))
		replace(line, text);
	line.dataset.n = text ? behind() : "";
}

standing.addEventListener("change", drawNews);
