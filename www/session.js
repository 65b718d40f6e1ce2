// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// Who is signed in.  The session itself is a cookie that no script can read.

import * as api from "./api.js";

export const session = new EventTarget();
export let user = null; // {username, fullname, role, roles}

const rank = { user: 1, annotator: 2, reviewer: 3, admin: 4 };

export const may = (role) => (rank[user?.role] ?? 0) >= rank[role];

function note(next) {
	const was = user?.username;

	user = next;
	if (was !== user?.username)
		session.dispatchEvent(new Event("change"));
}

// Whose session this is, if there is one.
export async function find() {
	try {
		note(await api.get("auth/status", { noSignIn: true }));
		api.noteConnection("online");
	} catch (error) {
		if (error.status !== 401)
			throw error;
		note(null);
	}
	return user;
}

// The API takes a digest where the browser can make one (HTTPS, localhost).
// `prefix` is of the fields' names: "old_", "new_".
export async function secret(password, prefix = "") {
	if (!crypto.subtle)
		return { [`${prefix}password`]: password };
	const digest = await crypto.subtle.digest("SHA-256",
	    new TextEncoder().encode(password));

	return { [`${prefix}passwd_hash`]: [...new Uint8Array(digest)]
		.map((b) => b.toString(16).padStart(2, "0")).join("") };
}

export async function signIn(username, password) {
	await api.post("auth/login", { username, ...await secret(password) },
	    { noSignIn: true });
	return find();
}

export async function signOut() {
	await api.post("auth/logout", {}, { noSignIn: true, repeat: true });
	api.noteConnection("online");
	note(null);
}
