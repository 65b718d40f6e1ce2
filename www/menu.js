// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// A menu at a button: arrows, Home, End and letters go through it, Escape and a
// click elsewhere close it, and the button has the focus again.
//
//	menu(button, t("menu"), [{ label, run }, { label, href, onclick }, null, …])

import { h } from "./dom.js";
import { busy } from "./ui.js";

function entry(item, close) {
	if (!item)
		return h("hr", { role: "separator" });
	if (item.href) {
		const link = h("a", { role: "menuitem", tabindex: -1,
			href: item.href, target: item.target,
			download: item.download, rel: "noopener",
			onclick: close }, item.label);

		if (item.onclick)
			link.addEventListener("click", item.onclick);
		return link;
	}
	const node = h("button", { type: "button", role: "menuitem",
		tabindex: -1, class: item.danger ? "danger" : null }, item.label);

	node.addEventListener("click", () => {
		close();
		busy(node, item.run)();
	});
	return node;
}

// Below the button, or above it where there is more room; within the window.
function put(box, button) {
	const at = button.getBoundingClientRect();
	const { width, height } = box.getBoundingClientRect();
	const below = innerHeight - at.bottom >= height + 8;

	box.style.left = `${Math.max(8, Math.min(innerWidth - width - 8,
	    at.right - width))}px`;
	box.style.top = `${below ? at.bottom + 4
	    : Math.max(8, at.top - height - 4)}px`;
}

function press(event, entries) {
	const now = entries.indexOf(document.activeElement);
	const moves = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0,
		End: entries.length - 1 };
	let next = moves[event.key];

	if (event.key === "Tab") {
		event.currentTarget.hidePopover();
		return;
	}
	if (next === undefined && event.key.length === 1)
		next = entries.findIndex((node) => node.textContent
		    .toLowerCase().startsWith(event.key.toLowerCase()));
	if (next === undefined || next === -1 && event.key.length === 1)
		return;
	event.preventDefault();
	entries[(next + entries.length) % entries.length].focus();
}

export function menu(button, label, items) {
	const box = h("div", { class: "menu", role: "menu", popover: "auto",
		"aria-label": label });
	const close = () => box.hidePopover();
	const open = new AbortController();

	box.append(...items.map((item) => entry(item, close)));
	const entries = [...box.querySelectorAll("[role=menuitem]")];

	box.addEventListener("keydown", (event) => press(event, entries));
	box.addEventListener("toggle", (event) => {
		if (event.newState !== "closed")
			return;
		if (box.contains(document.activeElement) ||
		    document.activeElement === document.body)
			button.focus({ preventScroll: true });
		button.setAttribute("aria-expanded", "false");
		open.abort();
		box.remove();
	});
	document.body.append(box);
	box.showPopover();
	put(box, button);
	button.setAttribute("aria-expanded", "true");
	entries[0]?.focus();
	addEventListener("scroll", () => button.isConnected ? put(box, button)
	    : close(), { passive: true, signal: open.signal });
}
