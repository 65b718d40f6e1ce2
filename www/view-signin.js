// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// Signing in: the whole page for whoever comes, a dialog over it for those whose
// session has ended while they were at work.

import { h, replace } from "./dom.js";
import { t } from "./i18n.js";
import * as who from "./session.js";
import { dialog, field } from "./ui.js";

function form(name, done) {
	const username = h("input", { name: "username", required: true,
		autocomplete: "username", autocapitalize: "none",
		spellcheck: "false", value: name });
	const password = h("input", { name: "password", type: "password",
		required: true, autocomplete: "current-password" });
	const wrong = h("p", { class: "wrong", role: "alert" });
	const button = h("button", { class: "primary" }, t("signin.do"));

	async function submit(event) {
		event.preventDefault();
		button.setAttribute("aria-busy", "true");
		replace(wrong);
		try {
			done(await who.signIn(username.value.trim(),
			    password.value));
		} catch (error) {
			password.value = "";
			password.focus();
			replace(wrong, error.status === 401 ? t("signin.wrong")
			    : error.message);
		} finally {
			button.removeAttribute("aria-busy");
		}
	}
	(name ? password : username).autofocus = true;
	return h("form", { class: "signin", onsubmit: submit },
	    field(t("signin.username"), username),
	    field(t("signin.password"), password), wrong, button);
}

export function signInForm() {
	return h("section", { class: "welcome" },
	    h("img", { src: "icon.svg", alt: "", width: 64, height: 64 }),
	    h("h1", {}, "Stemma"), h("p", {}, t("signin.what")),
	    form("", () => {}));
}

// Resolves when somebody is signed in; whoever closes the dialog sees it again
// with the next request.
export async function signInAgain() {
	const name = who.user?.username ?? "";
	const user = await dialog(t("signin.again"), (close) => [
		h("p", {}, t("signin.kept")), form(name, close),
	], { class: "signin-again" });

	if (!user)
		throw new Error(t("signin.needed"));
}
