// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// Accounts: one's own, for everybody; all of them, for an administrator.

import * as api from "./api.js";
import { h, replace } from "./dom.js";
import { exactly, t, when } from "./i18n.js";
import * as who from "./session.js";
import { button, confirm, dialog, field, say } from "./ui.js";
import { languageMenu } from "./view-top.js";

const shortest = 8;
const roles = ["user", "annotator", "reviewer", "admin"];

const roleName = (role) => t(`role.${role}`);

const passwordInput = (autocomplete, props = {}) => h("input", {
	type: "password", autocomplete, required: true, ...props });

// A dialog with a form: `send` says what is to be done; what it throws is told
// in the dialog, which keeps what was typed.
function formDialog(title, yes, fields, send) {
	const wrong = h("p", { class: "wrong", role: "alert" });

	return dialog(title, (close) => {
		const submit = h("button", { class: "primary" }, yes);

		return h("form", { onsubmit: async (event) => {
			event.preventDefault();
			if (submit.getAttribute("aria-busy") === "true")
				return;
			submit.setAttribute("aria-busy", "true");
			replace(wrong);
			try {
				close(await send() ?? true);
			} catch (error) {
				replace(wrong, error.message);
			} finally {
				submit.removeAttribute("aria-busy");
			}
		} }, fields, wrong, h("footer", {},
		    h("button", { type: "button", onclick: () => close(null) },
		        t("cancel")), submit));
	});
}

// ---- one's own ------------------------------------------------------------------

function checkNew(input, again) {
	if (input.value.length < shortest) {
		input.focus();
		throw new Error(t("account.short"));
	}
	if (again && again.value !== input.value) {
		again.focus();
		throw new Error(t("account.differ"));
	}
}

async function changePassword(old, fresh) {
	try {
		await api.post("auth/password", {
			...await who.secret(old.value, "old_"),
			...await who.secret(fresh.value, "new_") });
	} catch (error) {
		if (error.status !== 401)
			throw error;
		old.select();
		throw new Error(t("account.wrong"));
	}
	say(t("account.changed"), { kind: "good" });
}

export function showAccount() {
	const old = passwordInput("current-password");
	const fresh = passwordInput("new-password", { minlength: shortest });
	const again = passwordInput("new-password");

	return formDialog(t("account.title"), t("account.change"), [
		h("p", {}, h("strong", {}, who.user.fullname || who.user.username),
		    ` (${who.user.username}). `, t("account.roles", {
		        roles: who.user.roles.map(roleName).join(", ") })),
		field(t("language"), languageMenu()), h("hr"),
		// Password managers want to know whose password it is.
		h("input", { class: "hidden", type: "text", tabindex: -1,
			"aria-hidden": "true", autocomplete: "username",
			readonly: true, value: who.user.username }),
		field(t("account.old"), old),
		field(t("account.new"), fresh, t("account.short")),
		field(t("account.repeat"), again),
	], async () => {
		checkNew(fresh, again);
		await changePassword(old, fresh);
	});
}

// ---- all of them ------------------------------------------------------------------

function roleBoxes(chosen) {
	const boxes = roles.map((role) => h("input", { type: "checkbox",
		value: role, checked: chosen.includes(role) }));

	return {
		node: h("fieldset", { class: "roles" },
		    h("legend", {}, t("users.roles")),
		    boxes.map((box) => h("label", {}, box,
		        h("span", {}, h("strong", {}, roleName(box.value)), " ",
		            h("small", {}, t(`role.${box.value}.what`)))))),
		chosen: () => boxes.filter((box) => box.checked)
		    .map((box) => box.value),
	};
}

function addUser() {
	const name = h("input", { required: true, autocomplete: "off",
		autocapitalize: "none", spellcheck: "false",
		pattern: "[A-Za-z0-9._@\\-]{1,64}", title: t("users.name.hint") });
	const fullname = h("input", { autocomplete: "off" });
	const password = passwordInput("new-password", { minlength: shortest });
	const boxes = roleBoxes(["user", "annotator"]);

	return formDialog(t("users.add"), t("users.add.do"), [
		field(t("signin.username"), name, t("users.name.hint")),
		field(t("users.fullname"), fullname),
		field(t("signin.password"), password, t("account.short")),
		boxes.node,
	], async () => {
		checkNew(password);
		await api.post("users", { username: name.value,
			fullname: fullname.value, roles: boxes.chosen(),
			...await who.secret(password.value) });
		say(t("users.added", { name: name.value }), { kind: "good" });
	});
}

function editUser(user) {
	const fullname = h("input", { autocomplete: "off",
		value: user.fullname });
	const password = h("input", { type: "password", minlength: shortest,
		autocomplete: "new-password" });
	const boxes = roleBoxes(user.roles);

	return formDialog(t("users.edit", { name: user.username }), t("save"), [
		field(t("users.fullname"), fullname), boxes.node,
		field(t("account.new"), password, t("users.password.hint")),
	], async () => {
		if (password.value)
			checkNew(password);
		await api.patch(`users/${encodeURIComponent(user.username)}`, {
			fullname: fullname.value, roles: boxes.chosen(),
			...password.value ? await who.secret(password.value) : {} });
		say(t("users.saved", { name: user.username }), { kind: "good" });
	});
}

async function removeUser(user) {
	if (!await confirm(t("users.remove.title", { name: user.username }),
	    t("users.remove.what"), t("users.remove.do"), { danger: true }))
		return null;
	await api.remove(`users/${encodeURIComponent(user.username)}`);
	say(t("users.removed", { name: user.username }), { kind: "good" });
	return true;
}

function row(user, act) {
	const isMe = user.username === who.user?.username;

	return h("tr", {},
	    h("th", { scope: "row" }, user.username,
	        isMe && h("span", { class: "chip" }, t("users.me"))),
	    h("td", {}, user.fullname || "–"),
	    h("td", {}, user.roles.map((role) => [h("span", { class: "chip" },
	        roleName(role)), " "])),
	    h("td", {}, h("time", { datetime: user.created_at,
	        title: exactly(user.created_at) }, when(user.created_at))),
	    h("td", { class: "acts" },
	        button(t("users.change"), () => act(editUser, user),
	            { class: "quiet", "aria-label":
	                t("users.edit", { name: user.username }) }),
	        !isMe && button(t("users.remove"), () => act(removeUser, user),
	            { class: "quiet", "aria-label": t("users.remove.title",
	                { name: user.username }) })));
}

// Fills the box, and again after each change.
export async function drawUsers(box, signal) {
	const { users } = await api.get("users", { signal });
	const act = async (f, ...args) => {
		if (await f(...args))
			await drawUsers(box, signal);
	};

	replace(box, h("div", { class: "scroll", tabindex: 0, role: "group",
		"aria-label": t("settings.users") },
	h("table", { class: "users" },
	    h("thead", {}, h("tr", {}, ["name", "fullname", "roles", "since"]
	        .map((name) => h("th", { scope: "col" }, t(`users.${name}`))),
	    h("th", { scope: "col" }, h("span", { class: "hidden" },
	        t("users.acts"))))),
	    h("tbody", {}, users.map((user) => row(user, act))))),
	button(t("users.add"), () => act(addUser)));
}
