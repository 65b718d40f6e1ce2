/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "auth/password.h"

#include "base/err.h"
#include "base/str.h"

#include <sodium.h>

#include <errno.h>
#include <pthread.h>
#include <string.h>

#define PASSES 2
#define MEMORY ((size_t)19 << 20)

_Static_assert(PASSWORD_STORED_SIZE >= crypto_pwhash_STRBYTES, "too short");

/* The hash of no digest that a client can send, with our passes and memory. */
static const char nobody[] = "$argon2id$v=19$m=19456,t=2,p=1$"
			     "c3RlbW1hLW5vYm9keS4uLg$"
			     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/* A hundred logins at once must not take a hundred times the memory. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static int
begin(void)
{
	if (sodium_init() < 0)
		return err_set(E_IO, "libsodium cannot start");
	pthread_mutex_lock(&one_at_a_time);
	return 0;
}

static void
end(void)
{
	pthread_mutex_unlock(&one_at_a_time);
}

void
password_digest(const char *password, char digest[HASH_HEX_SIZE])
{
	struct hash hash;

	hash_bytes(password, strlen(password), &hash);
	hash_hex(&hash, digest);
	sodium_memzero(&hash, sizeof(hash));
}

int
password_store(const char *digest, char stored[PASSWORD_STORED_SIZE])
{
	int rc;

	if (!str_is_hex(digest, HASH_HEX_SIZE - 1))
		return err_set(E_INPUT,
		    "not the SHA-256 of a password: "
		    "64 lower-case hex digits");
	if ((rc = begin()) != 0)
		return rc;
	rc = crypto_pwhash_str_alg(stored, digest, HASH_HEX_SIZE - 1, PASSES,
	    MEMORY, crypto_pwhash_ALG_ARGON2ID13);
	end();
	return rc == 0 ? 0 : err_set(E_NOMEM, "no memory for a password hash");
}

int
password_verify(const char *stored, const char *digest)
{
	int rc;

	if ((rc = begin()) != 0)
		return rc;
	errno = 0;
	rc = crypto_pwhash_str_verify(stored != NULL ? stored : nobody, digest,
	    strlen(digest));
	if (rc != 0 && errno == ENOMEM)
		rc = err_set(E_NOMEM, "no memory for a password hash");
	else
		rc = rc == 0 && stored != NULL;
	end();
	return rc;
}
