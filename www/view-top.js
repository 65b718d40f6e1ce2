// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// The bar at the top: where one can go, who one is.

import { h, replace } from "./dom.js";
import { choose, language, languages, t } from "./i18n.js";
import * as who from "./session.js";
import { button } from "./ui.js";

const top = document.getElementById("top");

function link(name, now) {
	return h("a", { href: `#/${name}`, "data-nav": name,
		"aria-current": name === now ? "page" : null }, t(`nav.${name}`),
	    h("span", { class: "badge", "data-badge": name }));
}

function languageMenu() {
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
	            h("span", { class: "name", title: who.user.username },
	                who.user.fullname || who.user.username),
	            button(t("signout"), who.signOut, { class: "quiet" }),
	        ]));
}

// How many wait behind a link; 0 shows nothing.
export function badge(name, n, label) {
	const node = top.querySelector(`[data-badge="${name}"]`);

	if (!node)
		return;
	node.textContent = n > 0 ? String(n) : "";
	if (n > 0)
		node.setAttribute("aria-label", label);
	else
		node.removeAttribute("aria-label");
}
