// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// What every view uses: messages that come and go, dialogs, busy buttons.

import { h, replace } from "./dom.js";
import { t } from "./i18n.js";

// ---- messages ------------------------------------------------------------------

const lasts = 7000;

// A sentence at the lower edge; `action` is {label, run}, such as an undo.
export function say(text, { kind = "info", action = null, stay = false } = {}) {
	const box = h("div", { class: `toast ${kind}` }, h("p", {}, text));
	const close = () => box.remove();

	if (action)
		box.append(h("button", { type: "button", class: "quiet",
			onclick: () => {
				close();
				action.run();
			} }, action.label));
	box.append(h("button", { type: "button", class: "icon",
		"aria-label": t("close"), onclick: close }, "×"));
	document.getElementById("toasts").append(box);
	if (!stay && kind !== "error")
		setTimeout(close, action ? 2 * lasts : lasts);
	return close;
}

export function complain(error) {
	if (error?.name === "AbortError")
		return;
	say(error?.message ?? String(error), { kind: "error" });
}

// Runs f for a button, which can meanwhile not be pressed again.
export function busy(button, f) {
	return async (...args) => {
		if (button.getAttribute("aria-busy") === "true")
			return;
		button.setAttribute("aria-busy", "true");
		try {
			await f(...args);
		} catch (error) {
			complain(error);
		} finally {
			button.removeAttribute("aria-busy");
		}
	};
}

export function button(label, f, props = {}) {
	const node = h("button", { type: "button", ...props }, label);

	node.addEventListener("click", busy(node, f));
	return node;
}

// ---- dialogs -------------------------------------------------------------------

// A modal dialog; resolves with what `close(value)` was given, or null.
//	dialog(t("title"), (close) => [body…, h("footer", {}, buttons…)])
export function dialog(title, fill, props = {}) {
	return new Promise((resolve) => {
		const id = `dialog-${Math.random().toString(36).slice(2)}`;
		const box = h("dialog", { ...props, "aria-labelledby": id });
		let value = null;
		const close = (result) => {
			value = result ?? null;
			box.close();
		};

		replace(box, h("h2", { id }, title), fill(close));
		box.addEventListener("close", () => {
			box.remove();
			resolve(value);
		});
		document.body.append(box);
		box.showModal();
	});
}

// A question in plain words; true when the answer was yes.
export async function confirm(title, text, yes, { danger = false } = {}) {
	const answer = await dialog(title, (close) => [
		[text].flat().filter(Boolean).map((line) =>
		    line instanceof Node ? line : h("p", {}, line)),
		h("footer", {},
			h("button", { type: "button", onclick: () => close(false) },
			    t("cancel")),
			h("button", { type: "button", autofocus: !danger,
				class: danger ? "danger" : "primary",
				onclick: () => close(true) }, yes)),
	]);

	return answer === true;
}

// ---- small things --------------------------------------------------------------

let labelled = 0;

// A field with its label, and what is wrong with it.
export function field(label, input, hint = null) {
	const id = `field-${++labelled}`;

	input.id = id;
	if (hint)
		input.setAttribute("aria-describedby", `${id}-hint`);
	return h("div", { class: "field" }, h("label", { for: id }, label), input,
	    hint && h("small", { id: `${id}-hint` }, hint));
}

export function progress(done, total) {
	return h("progress", total > 0 ? { max: total, value: done } : {});
}

export const spinner = () =>
    h("p", { class: "waiting", role: "status" }, t("loading"));

export const empty = (title, text, ...more) =>
    h("div", { class: "empty" }, h("h2", {}, title), h("p", {}, text), more);
