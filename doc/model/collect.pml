/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */

/*
 * Generations of contents, and who may remove them: writers who want the same
 * content, let it go and want it again; commits that begin a generation, and
 * forget what was let go long ago; collectors who are behind; DELETEs and MOVEs
 * of the head that arrive whenever they like; a content that is torn; crashes.
 *
 * One content is enough: what one is named by has nothing to do with another.
 * Its name is its generation, 0 to GENERATIONS - 1.  The state after a version:
 * under which name each writer's record has it (0: it has another content; g + 1),
 * and under which names it was let go and is not forgotten.
 *
 * That the swap of the head is exact is what head.pml is about: here a commit
 * is made when the head still is its parent, late or at once, or never.
 *
 * Of the versions before the head only this is kept: which names somebody who had
 * applied one of them may remove (rule 3).  So any number of collectors is
 * covered, each as far behind as it likes, and each DELETE may arrive at any
 * time, and twice.
 *
 * The rules under test:
 *   1. a commit names what its parent's state names, or names of the parent's
 *      generation
 *   2. after a lost swap names are chosen again
 *   3. at a version that one has applied, a name of a generation older than that
 *      version's, which that version's state does not name, may be removed: by
 *      anybody, at any time after, however far the head has gone on
 *   4. what was let go is forgotten by a commit, so by all at once
 *   5. an existing name is never written over: one that is torn is left, and a
 *      new generation begun
 *
 * Bounds: WRITERS, ACTS (commits of each), ROUNDS (new generations), CRASHES,
 * TORN.
 *
 * Mistakes, which must be found:
 *   KEEP_NAME      a name is kept over a lost swap
 *   OLD_UPLOAD     what was uploaded once is named, whatever the generation
 *   MIXED          the generation of the head with the state of an older version
 *   EQUAL          names of the present generation are removed, too
 *   OWN_FORGETTING each replica forgets by its own clock what was let go
 *   OVERWRITE      a torn name is taken for a whole one
 */

#ifndef WRITERS
#define WRITERS 2
#endif
#ifndef ACTS
#define ACTS 2
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef TORN
#define TORN 1
#endif

#define BIT(g) (1 << (g))

/* The head: its generation, and its state. */
byte gc = 0;
byte rec[WRITERS];
byte dropped = 0;
bool behind[WRITERS];      /* the head went on since this writer looked */

/* Names that may be removed, by who has applied the head or one before it. */
byte garbage = 0;
byte missed = 0;           /* names that the state of some version lacked */

/* The store: names that are there; torn ones among them. */
byte here = 0, bad = 0;

byte crashes = CRASHES, torn = TORN;

hidden byte c_, s_;

/* Names that the state of the head names. */
inline state(set)
{
	set = dropped;
	c_ = 0;
	do
	:: c_ < WRITERS ->
		set = (rec[c_] != 0 -> set | BIT(rec[c_] - 1) : set);
		c_++
	:: else -> break
	od
}

#ifdef OWN_FORGETTING
#define FORGOTTEN dropped
#else
#define FORGOTTEN 0
#endif
#ifdef EQUAL
#define OLDER (BIT(gc + 1) - 1)
#else
#define OLDER (BIT(gc) - 1)
#endif

/* There is a new head.  All that it names must be there, and whole. */
inline sound()
{
	state(s_);
	assert((s_ & here) == s_);
	assert((s_ & bad) == 0);
	missed = missed | (255 - s_);
#ifdef MIXED
	garbage = missed & OLDER;
#else
	garbage = garbage | ((255 - (s_ & (255 - FORGOTTEN))) & OLDER);
#endif
	c_ = 0;
	do
	:: c_ < WRITERS -> behind[c_] = true; c_++
	:: else -> break
	od;
	s_ = 0
}

/* What no record names any more was let go. */
inline let_go(name)
{
	dropped = dropped | BIT(name - 1);
	c_ = 0;
	do
	:: c_ < WRITERS ->
		dropped = (rec[c_] == name -> dropped & (255 - BIT(name - 1)) :
			dropped);
		c_++
	:: else -> break
	od
}

/* ---- a writer ---------------------------------------------------------------- */

/*
 * Which name: one that the state has, the newest; or that of the parent's
 * generation, which must be sent unless it was.
 */
inline choose()
{
	state(s_);
	want = 0;
	c_ = 0;
	do
	:: c_ < 8 ->
		want = ((s_ & BIT(c_)) != 0 -> c_ + 1 : want);
		c_++
	:: else -> break
	od;
	must_send = false;
	if
	:: want == 0 ->
		want = gc + 1;
#ifdef OLD_UPLOAD
		want = (sent != 0 -> sent : want);
#endif
		must_send = (sent != want)
	:: else
	fi;
	s_ = 0
}

/* The commit of this writer becomes the head. */
inline win()
{
	if
	:: want != 0 ->
		state(s_);
#if !defined(KEEP_NAME) && !defined(OLD_UPLOAD)
		assert((s_ & BIT(want - 1)) != 0 || want - 1 == gc);
#endif
		rec[me] = want;
		dropped = dropped & (255 - BIT(want - 1))
	:: else ->
		want = rec[me];
		rec[me] = 0;
		let_go(want);
		want = 0
	fi;
	sound()
}

proctype writer(byte me)
{
	byte acts = ACTS, want = 0, sent = 0;
	bool must_send = false;

again:	atomic {
		behind[me] = false;
		if
		:: acts == 0 -> goto done
		:: acts > 0 && rec[me] != 0 ->
			want = 0;
			must_send = false
#ifdef KEEP_NAME
		:: acts > 0 && rec[me] == 0 && want != 0
		:: acts > 0 && rec[me] == 0 && want == 0 -> d_step { choose() }
#else
		:: acts > 0 && rec[me] == 0 -> d_step { choose() }
#endif
		fi
	}
	if
	:: must_send ->
		/* Put it, where there is none of that name. */
		if
		:: d_step { (here & BIT(want - 1)) == 0 ->
			here = here | BIT(want - 1) }
		:: d_step { (here & BIT(want - 1)) == 0 && torn > 0 ->
			torn--;
			here = here | BIT(want - 1);
			bad = bad | BIT(want - 1) }
		:: (here & BIT(want - 1)) != 0
		fi;
		/* Look at its size. */
		if
#ifndef OVERWRITE
		:: d_step { (bad & BIT(want - 1)) != 0 ->
			/* It is left; a new generation is begun for it. */
			if
			:: gc + 1 == want -> gc++; sound()
			:: else
			fi;
			want = 0 }
			goto again
#endif
		:: d_step { (here & BIT(want - 1)) == 0 -> want = 0 }
			goto again /* it was garbage already */
#ifdef OVERWRITE
		:: d_step { (here & BIT(want - 1)) != 0 ->
#else
		:: d_step { (here & BIT(want - 1)) != 0 &&
			(bad & BIT(want - 1)) == 0 ->
#endif
			sent = want; must_send = false }
		fi
	:: else
	fi;

	/* Frozen.  The MOVE takes effect now, or late, or its source is gone. */
	if
	:: d_step { !behind[me] -> win(); acts--; want = 0 }
	:: d_step { crashes > 0 -> crashes--; want = 0 }
		/* It begins anew; which uploads were seen is on disk. */
	:: behind[me]
	fi;
	goto again;
done:
	want = 0;
	sent = 0
}

/* ---- new generations ----------------------------------------------------------- */

/* Who begins one may also forget what was let go. */
active proctype rounds()
{
	byte n = ROUNDS;

	do
	:: d_step { n > 0 -> n--; gc++; sound() }
#ifndef OWN_FORGETTING
	:: d_step { n > 0 -> n--; gc++; dropped = 0; sound() }
#endif
	:: n == 0 -> break
	od
}

/* ---- DELETEs, which arrive ---------------------------------------------------- */

#define REMOVE(g)                                                       \
	:: d_step { (garbage & here & BIT(g)) != 0 ->                   \
		here = here & (255 - BIT(g)); bad = bad & (255 - BIT(g)); \
		state(s_); assert((s_ & here) == s_); s_ = 0 }

active proctype collectors()
{
end:	do
	REMOVE(0)
	REMOVE(1)
	REMOVE(2)
	REMOVE(3)
	REMOVE(4)
	REMOVE(5)
	REMOVE(6)
	od
}

init {
	byte i = 0;

	atomic {
		assert(ROUNDS + TORN < 7);
		do
		:: i < WRITERS -> run writer(i); i++
		:: else -> break
		od
	}
}
