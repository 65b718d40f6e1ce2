// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

export default {
	"skip": "Skip to the content",
	"close": "Close",
	"cancel": "Cancel",
	"loading": "One moment …",
	"language": "Language",
	"nav": "Main",
	"nav.library": "Library",
	"nav.document": "Document",
	"nav.sync": "Sync",
	"nav.conflicts": "Conflicts",
	"nav.settings": "Settings",
	"signin.what": "Documents, and how their texts descend from each other.",
	"signin.username": "User name",
	"signin.password": "Password",
	"signin.do": "Sign in",
	"signin.wrong": "That user name and password do not belong together.",
	"signin.again": "Sign in again",
	"signin.kept": "Your session has ended. Nothing you did is lost: sign in, and it goes on.",
	"signin.needed": "This needs you to be signed in.",
	"signout": "Sign out",
	"status.offline": "No connection. What you do here is kept; it goes on by itself when the connection is back.",
	"status.starting": "The server is starting again. One moment …",
	"error.status": "The server answered with status {status}.",
	"error.offline": "The server cannot be reached.",
};
