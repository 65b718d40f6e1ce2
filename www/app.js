// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// The page: who is signed in, which view is shown, and what is said at the top.
//
// The address behind # names the view: #/library, #/document/ID, #/sync,
// #/conflicts/ID, #/settings.  A view is a module with
//
//	export async function show(main, args, signal)
//
// which fills `main` and lives until `signal` is aborted.

import * as api from "./api.js";
import { h, replace } from "./dom.js";
import * as stream from "./events.js";
import { load, t } from "./i18n.js";
import * as who from "./session.js";
import * as store from "./standing.js";
import { button, complain, spinner } from "./ui.js";
import { drawTop } from "./view-top.js";

const views = {
	library: () => import("./view-library.js"),
	document: () => import("./view-document.js"),
	sync: () => import("./view-sync.js"),
	conflicts: () => import("./view-conflicts.js"),
	settings: () => import("./view-settings.js"),
};

const styles = ["view-document.css", "view-sync.css", "view-conflicts.css",
	"view-settings.css"];
const parts = { library: ["library-pages.js", "library-row.js", "list.js"] };
const signIn = () => import("./view-signin.js");

const main = document.getElementById("main");
let leaving = null; // aborts the view that is shown
let styled = null;  // resolves when all styles are there

// "#/document/abc" is ["document", "abc"].
function address() {
	const parts = location.hash.replace(/^#\/?/, "").split("/")
	    .map(decodeURIComponent);

	return parts[0] in views ? parts : ["library"];
}

// The library needs none of these; they have their places before app.css.
function style(href) {
	return new Promise((resolve) => {
		const link = h("link", { rel: "stylesheet", href,
			onload: resolve, onerror: resolve });

		document.getElementById("style").before(link);
	});
}

const restyle = () => styled ??= Promise.all(styles.map(style));

async function show() {
	const [name, ...args] = address();

	leaving?.abort();
	leaving = new AbortController();
	const { signal } = leaving;

	document.title = `${t(`nav.${name}`)} · Stemma`;
	main.dataset.view = name;
	drawTop(name);
	if (!who.user) {
		replace(main, (await signIn()).signInForm());
		return;
	}
	replace(main, spinner());
	try {
		const [view] = await Promise.all([views[name](),
			name !== "library" && restyle()]);

		if (!signal.aborted)
			await view.show(main, args, signal);
	} catch (error) {
		if (!signal.aborted) {
			replace(main, h("p", { class: "notice" }, error.message));
			complain(error);
		}
	}
	restyle();
}

// Whoever goes on with the keyboard goes on in the new view.
function moved() {
	show();
	main.focus({ preventScroll: true });
	scrollTo(0, 0);
}

// What hinders is said once, quietly; it goes when it is over.
function drawStatus() {
	const box = document.getElementById("status");
	const draw = () => {
		const state = api.connectionState();

		box.className = state === "online" ? "" : "shown";
		replace(box, state !== "online" && t(`status.${state}`),
		    state === "ended" && button(t("signin.do"),
		        api.waitForSession, { class: "quiet" }));
	};

	api.connection.addEventListener("change", draw);
	draw();
	addEventListener("offline", () => api.noteConnection("offline"));
	addEventListener("online", () => api.get("auth/status",
	    { quiet: true }).catch(() => {}));
}

function userChanged() {
	for (const part of [stream, store]) {
		part.stop();
		if (who.user)
			part.start();
	}
	show();
}

// A module's own modules, too, before it is there to name them.
function prepare(name) {
	for (const href of parts[name] ?? [])
		document.head.append(h("link", { rel: "modulepreload", href }));
	return views[name]();
}

// What will be needed is asked for at once, not one after the other.
async function begin() {
	const found = who.find();

	found.then((user) => user && prepare(address()[0])).catch(() => {});
	await load();
	document.getElementById("skip").textContent = t("skip");
	drawStatus();
	api.onSessionEnd(async () => (await signIn()).signInAgain());
	addEventListener("hashchange", moved);
	drawTop("");
	await found;
	who.session.addEventListener("change", userChanged);
	userChanged();
}

begin().catch(complain);
