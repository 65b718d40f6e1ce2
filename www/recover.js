// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// A store that was restored, forked, replaced, emptied or cut: what happened,
// and for administrators what would mend it, and that.  One that was moved: where
// to, and what follows it there.

import * as api from "./api.js";
import { h } from "./dom.js";
import { t } from "./i18n.js";
import { may } from "./session.js";
import { button, confirm, say } from "./ui.js";

const patience = 20;    // times that a sync which is about to end is waited for
const between = 500;

const counts = ["sent_again", "taken", "united", "to_decide", "forgotten",
	"not_here", "contents_missing", "contents_lost"];

// The server tells it for the command line, too; here there are buttons.
export const forPeople = (text) => text
    .replace(/[;:,]? (or )?(see what )?["„“]?stemma recover[^.]*\./, ".")
    .replace(/; if you trust that address, go there with .*$/, ".");

function told(recovery) {
	const lines = counts.filter((name) => recovery[name] > 0)
	    .map((name) => h("li", {}, t(`recover.${name}`,
	        { n: recovery[name] })));

	return [recovery.found, recovery.remedy,
		lines.length ? h("ul", {}, lines) : t("recover.nothing")];
}

// The sync that found the trouble may be just ending.
async function ask(json, options) {
	for (let n = 1;; n++) {
		try {
			return await api.post("store/recover", json, options);
		} catch (error) {
			if (error.status !== 409 || n === patience)
				throw error;
		}
		await new Promise((done) => setTimeout(done, between));
	}
}

async function mend(after) {
	const { recovery } = await ask({ dry_run: true });
	const other = recovery.trouble === "replaced";

	if (!await confirm(t("recover.title"), told(recovery),
	    t(other ? "recover.join" : "recover.yes")))
		return;
	await ask({ join: other }, { headers: { Prefer: "respond-async" } });
	say(t("recover.begun"));
	after();
}

function recoverNotice(trouble, after) {
	return h("div", { class: "notice row trouble", role: "alert" },
	    h("div", { class: "grow" }, h("strong", {}, t("recover.what")),
	        h("p", { lang: "en" }, forPeople(trouble))),
	    may("admin") ? button(t("recover.look"), () => mend(after))
	        : h("p", {}, t("recover.who")));
}

// ---- a store that was moved ----------------------------------------------------

// For a shell: whoever wrote to the store chose the address.
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

// It is shown, and never followed by itself.
function followed(address) {
	const command = `stemma move-store --follow ${quoted(address)}`;
	const copy = async () => {
		await navigator.clipboard.writeText(command);
		say(t("moved.copied"), { kind: "good" });
	};

	return [h("p", {}, t("moved.how")),
		h("div", { class: "row command" }, h("code", { class: "grow" },
		    command),
		// Browsers have no clipboard for pages without HTTPS.
		navigator.clipboard && button(t("moved.copy"), copy))];
}

function movedNotice(address) {
	return h("div", { class: "notice trouble", role: "alert" },
	    h("strong", {}, t("moved.what")),
	    h("p", {}, t("moved.where"), " ", h("code", {}, address)),
	    h("p", {}, t("moved.calm")),
	    may("admin") ? followed(address) : h("p", {}, t("moved.who")));
}

// What a person must see to before the next sync; null where there is nothing.
export function troubleNotice({ needs_recovery: trouble, moved_to: address },
    after) {
	if (address)
		return movedNotice(address);
	return trouble ? recoverNotice(trouble, after) : null;
}
