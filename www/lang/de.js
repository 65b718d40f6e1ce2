// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

export default {
	"skip": "Zum Inhalt springen",
	"close": "Schließen",
	"cancel": "Abbrechen",
	"loading": "Einen Moment …",
	"language": "Sprache",
	"nav": "Hauptmenü",
	"nav.library": "Bibliothek",
	"nav.document": "Dokument",
	"nav.sync": "Abgleich",
	"nav.conflicts": "Konflikte",
	"nav.settings": "Einstellungen",
	"signin.what": "Dokumente, und wie ihre Texte voneinander abstammen.",
	"signin.username": "Benutzername",
	"signin.password": "Passwort",
	"signin.do": "Anmelden",
	"signin.wrong": "Benutzername und Passwort gehören nicht zusammen.",
	"signin.again": "Noch einmal anmelden",
	"signin.kept": "Die Sitzung ist abgelaufen. Nichts ist verloren: Nach der Anmeldung geht es weiter.",
	"signin.needed": "Dazu muss man angemeldet sein.",
	"signout": "Abmelden",
	"status.offline": "Keine Verbindung. Was hier geschieht, bleibt erhalten; es geht von selbst weiter, sobald sie wieder da ist.",
	"status.starting": "Der Server startet gerade neu. Einen Moment …",
	"error.status": "Der Server antwortete mit Status {status}.",
	"error.offline": "Der Server ist nicht zu erreichen.",
};
