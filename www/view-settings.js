// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// For administrators: the store and whether it will do, when syncs run and how
// careful they are, who may come in.  What the configuration file says is shown
// with its place there, and cannot be changed here.

import * as api from "./api.js";
import { h, replace } from "./dom.js";
import { events } from "./events.js";
import { duration, t } from "./i18n.js";
import { nameOf } from "./replicas.js";
import { may } from "./session.js";
import { button, complain, empty, field, progress, say } from "./ui.js";
import { drawUsers } from "./users.js";

// ---- where a value comes from ----------------------------------------------------

// "…/stemma.conf:12" is line 12 of stemma.conf.
function origin(setting) {
	const at = /([^/]*):(\d+)$/.exec(setting.from);

	if (at)
		return t("settings.from.file", { file: at[1], line: at[2] });
	return t(`settings.from.${setting.from}`);
}

const shown = (setting) => setting.is_secret
    ? t(setting.value === null ? "settings.unset" : "settings.secret")
    : setting.value ?? t("settings.unset");

// ---- the store ----------------------------------------------------------------------

function storeAddress(all) {
	const value = (key) => all.get(key)?.value;

	if (value("REMOTE_URL"))
		return all.get("REMOTE_URL");
	if (value("WEBDAV_ENABLED") !== "yes" || !value("WEBDAV_BASE_URL"))
		return null;
	return { ...all.get("WEBDAV_BASE_URL"),
		value: value("WEBDAV_BASE_URL").replace(/\/$/, "") +
		    value("WEBDAV_REMOTE_ROOT") };
}

const findings = ["listing", "move", "move_renames", "move_keeps",
	"swap_refuses", "put_keeps", "exact_swap", "put_whole", "range",
	"move_folder", "odd_names"];
const marks = { good: "✓", bad: "✗", unknown: "?" };

// What is bad about a store either forbids it or makes it slower.
const hurts = ["put_whole", "range", "move_folder", "odd_names"];

function finding(name, verdict) {
	const kind = verdict === "bad" && hurts.includes(name) ? "warn"
	    : verdict === "unknown" ? "" : verdict;

	return h("li", { class: kind },
	    h("span", { class: "mark", "aria-hidden": "true" }, marks[verdict]),
	    h("span", {}, t(`probe.${name}.${verdict}`)));
}

function verdict(probe) {
	const found = probe.findings;

	return [h("p", { class: `stands ${probe.usable ? "good" : "bad"}`,
		role: "status" },
	h("span", { class: "sign", "aria-hidden": "true" },
	    probe.usable ? "✓" : "!"),
	h("span", {}, probe.usable ? t("probe.usable")
	    : t("probe.unusable", { why: probe.reason ?? "" }))),
	h("ul", { class: "findings" },
	    findings.filter((name) => found[name])
		.map((name) => finding(name, found[name])),
	    found.is_network_dir && h("li", { class: "warn" },
	        h("span", { class: "mark", "aria-hidden": "true" }, "!"),
	        h("span", {}, t("probe.network")))),
	h("p", {}, h("small", {}, t("probe.took",
	    { time: duration(found.duration_ms / 1000) })))];
}

// It takes about ten seconds; the bar says that it goes on.
async function test(box, signal) {
	const bar = progress(0, 20);
	const begun = Date.now();
	const timer = setInterval(() => {
		// Slower and slower, since nobody knows how long it takes.
		const s = (Date.now() - begun) / 1000;

		bar.value = 20 * (1 - Math.exp(-s / 8));
	}, 200);

	bar.setAttribute("aria-label", t("probe.running"));
	replace(box, h("p", { role: "status" }, t("probe.running")), bar);
	try {
		replace(box, verdict(await api.post("store/probe", {},
		    { signal })));
	} catch (error) {
		replace(box, h("p", { class: "notice", role: "alert" },
		    t("probe.failed", { why: error.message })));
	} finally {
		clearInterval(timer);
	}
}

function storePart(all, signal) {
	const address = storeAddress(all);
	const box = h("div", {});
	const name = all.get(all.get("REMOTE_URL")?.value ? "REMOTE_USERNAME"
	    : "WEBDAV_USERNAME")?.value;

	if (!address)
		return h("p", {}, t("settings.noStore"));
	return [h("dl", { class: "facts" },
	    h("dt", {}, t("settings.address")),
	    h("dd", {}, h("code", {}, address.value), " ",
	        h("span", { class: "chip" }, origin(address))),
	    name && [h("dt", {}, t("settings.username")), h("dd", {}, name)]),
	button(t("settings.test"), () => test(box, signal), { class: "primary" }),
	h("p", {}, h("small", {}, t("settings.test.what"))), box];
}

// ---- what can be changed ---------------------------------------------------------------

const intervals = [0, 60, 300, 900, 3600, 21600, 86400];

function choices(values, now, label) {
	const all = values.includes(now) ? values : [...values, now]
	    .sort((a, b) => a - b);

	return h("select", {}, all.map((n) => h("option", { value: String(n),
		selected: n === now }, label(n))));
}

const numberInput = (value, min, max) => h("input", { type: "number",
	inputmode: "numeric", min, max, required: true, value: value ?? "" });

// How each is asked for: {node, read}; read() is its text for stemma.conf.
const plain = (node) => ({ node, read: () => node.value.trim() });

function checkbox(value) {
	const node = h("input", { type: "checkbox", checked: value === "yes" });

	return { node, read: () => node.checked ? "yes" : "no" };
}

function hours(value) {
	const [from, to] = (value ?? "-").split("-");
	const a = h("input", { type: "time", value: from,
		"aria-label": t("settings.QUIET_HOURS.from") });
	const b = h("input", { type: "time", value: to,
		"aria-label": t("settings.QUIET_HOURS.to") });

	return { node: h("span", { class: "row" }, a, " – ", b), isGroup: true,
		read: () => a.value || b.value ? `${a.value}-${b.value}` : "" };
}

const rate = (value) => plain(h("input", { pattern: "\\d+[KMGkmg]?",
	required: true, value: value ?? "0", title: t("settings.rate.hint") }));

const changeable = {
	SYNC_INTERVAL: (v) => plain(choices(intervals, Number(v), (n) =>
	    n ? t("settings.every", { time: duration(n) })
	        : t("settings.never"))),
	SYNC_ON_CHANGE: checkbox,
	QUIET_HOURS: hours,
	MAX_DELETE_PERCENT: (v) => plain(numberInput(v, 0, 100)),
	RETENTION_DAYS: (v) => plain(numberInput(v, 0, 36500)),
	TRANSFER_CONNECTIONS: (v) => plain(numberInput(v, 1, 32)),
	RATE_LIMIT_UP: rate,
	RATE_LIMIT_DOWN: rate,
};

// What cannot be changed here stands there as text, with its place.
function fixed(key, setting) {
	return h("div", { class: "field fixed" },
	    h("span", { class: "label" }, t(`settings.${key}`)),
	    h("span", {}, shown(setting), " ",
	        h("span", { class: "chip" }, origin(setting))),
	    h("small", {}, t(`settings.${key}.what`)));
}

function group(key, control) {
	return h("fieldset", { class: "field" },
	    h("legend", {}, t(`settings.${key}`)), control.node,
	    h("small", {}, t(`settings.${key}.what`)));
}

function asked(key, control) {
	const node = control.isGroup ? group(key, control)
	    : field(t(`settings.${key}`), control.node,
	        t(`settings.${key}.what`));

	if (control.node.type === "checkbox")
		node.classList.add("check");
	return node;
}

function syncPart(all, redraw) {
	const controls = {};
	const was = {};
	const wrong = h("p", { class: "wrong", role: "alert" });
	const nodes = Object.keys(changeable).filter((key) => all.has(key))
	    .map((key) => {
		const setting = all.get(key);

		if (!setting.can_change)
			return fixed(key, setting);
		controls[key] = changeable[key](setting.value);
		was[key] = controls[key].read();
		return asked(key, controls[key]);
	});
	const changes = () => Object.fromEntries(Object.keys(controls)
	    .map((key) => [key, controls[key].read()])
	    .filter(([key, text]) => text !== was[key])
	    .map(([key, text]) => [key, text === "" ? null : text]));

	async function save(event) {
		event.preventDefault();
		replace(wrong);
		try {
			await api.patch("settings", changes());
			say(t("settings.saved"), { kind: "good" });
			await redraw();
		} catch (error) {
			replace(wrong, error.message);
		}
	}
	const form = h("form", { class: "settings", onsubmit: save }, nodes, wrong,
	    Object.keys(controls).length > 0 &&
	        h("button", { class: "primary" }, t("save")));

	form.isChanged = () => Object.keys(changes()).length > 0;
	return form;
}

// ---- the rest ----------------------------------------------------------------------------

function fileTable(settings) {
	return h("div", { class: "scroll", tabindex: 0, role: "group",
		"aria-label": t("settings.file") },
	h("table", { class: "conf" },
	    h("thead", {}, h("tr", {}, ["key", "value", "from"].map((name) =>
	        h("th", { scope: "col" }, t(`settings.col.${name}`))))),
	    h("tbody", {}, settings.map((s) => h("tr", {},
	        h("th", { scope: "row" }, h("code", {}, s.key)),
	        h("td", {}, shown(s)),
	        h("td", {}, h("small", {}, origin(s))))))));
}

// ---- what replicas are called ------------------------------------------------------------

async function rename(replica, input) {
	await api.patch(`replicas/${replica.replica}`,
	    { name: input.value.trim() });
	say(t("settings.saved"), { kind: "good" });
}

function replicaField(replica) {
	const input = h("input", { maxlength: 40, value: replica.name ?? "",
		placeholder: nameOf(replica.replica), autocomplete: "off" });
	const name = replica.is_ours ? t("stemma.here")
	    : nameOf(replica.replica);

	return h("form", { class: "replica", onsubmit: (e) => {
		e.preventDefault();
		rename(replica, input).catch(complain);
	} }, field(name, input), h("button",
	    { "aria-label": t("settings.replica.save", { name }) }, t("save")));
}

async function drawReplicas(box, signal) {
	const { replicas } = await api.get("replicas", { signal });

	replace(box, h("p", {}, t("settings.replicas.what")),
	    h("div", { class: "replicas" },
	        [...replicas].sort((a, b) => b.is_ours - a.is_ours)
	            .map(replicaField)));
}

const part = (name, ...nodes) => h("section", { class: "sheet",
	"aria-labelledby": `part-${name}` },
h("h2", { id: `part-${name}` }, t(`settings.${name}`)), nodes);

async function draw(main, signal) {
	const { settings, file } = await api.get("settings", { signal });
	const all = new Map(settings.map((s) => [s.key, s]));
	const users = h("div", {});
	const replicas = h("div", {});
	const box = h("div", {});
	let form = null;
	const redraw = async () => {
		const now = await api.get("settings", { signal });

		form = syncPart(new Map(now.settings.map((s) => [s.key, s])),
		    redraw);
		replace(box, form);
	};

	form = syncPart(all, redraw);
	replace(box, form);
	await Promise.all([drawUsers(users, signal),
		drawReplicas(replicas, signal)]);
	replace(main, h("h1", {}, t("nav.settings")),
	    part("store", storePart(all, signal)), part("sync", box),
	    part("users", users), part("replicas", replicas),
	    part("file", h("p", {}, t("settings.file.what"), " ",
	        file && h("code", {}, file)),
	    h("details", {}, h("summary", {}, t("settings.file.all",
	        { n: settings.length })), fileTable(settings))));
	// Another administrator's change; one's own typing is not overwritten.
	events.addEventListener("settingsChanged", () => {
		if (!form.isChanged())
			redraw().catch(complain);
	}, { signal });
}

export async function show(main, args, signal) {
	if (!may("admin")) {
		replace(main, empty(t("nav.settings"), t("settings.mayNot")));
		return;
	}
	await draw(main, signal);
}
