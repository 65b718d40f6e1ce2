// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// A store that was restored, forked, replaced, emptied or cut: what happened,
// and for administrators what would mend it, and that.

import * as api from "./api.js";
import { h } from "./dom.js";
import { t } from "./i18n.js";
import { may } from "./session.js";
import { button, confirm, say } from "./ui.js";

const counts = ["sent_again", "taken", "united", "to_decide", "forgotten",
	"not_here", "contents_missing", "contents_lost"];

// The server tells it for the command line, too; here there is a button.
const forPeople = (text) => text
    .replace(/[;:,]? (or )?(see what )?["„“]?stemma recover[^.]*\./, ".");

function told(recovery) {
	const lines = counts.filter((name) => recovery[name] > 0)
	    .map((name) => h("li", {}, t(`recover.${name}`,
	        { n: recovery[name] })));

	return [recovery.found, recovery.remedy,
		lines.length ? h("ul", {}, lines) : t("recover.nothing")];
}

async function mend(after) {
	const { recovery } = await api.post("store/recover", { dry_run: true });
	const other = recovery.trouble === "replaced";

	if (!await confirm(t("recover.title"), told(recovery),
	    t(other ? "recover.join" : "recover.yes")))
		return;
	await api.post("store/recover", { join: other },
	    { headers: { Prefer: "respond-async" } });
	say(t("recover.begun"));
	after();
}

// null where nothing of the kind has happened.
export function recoverNotice(status, after) {
	if (!status.needs_recovery)
		return null;
	return h("div", { class: "notice row", role: "alert" },
	    h("p", { class: "grow" }, forPeople(status.needs_recovery)),
	    may("admin") ? button(t("recover.look"), () => mend(after))
	        : h("p", {}, t("recover.who")));
}
