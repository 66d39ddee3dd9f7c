package io.coordination.backend;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * What the store answered to an owner that wants a lock.
 */
public sealed interface Attempt {

	/**
	 * The owner holds the lock, for the whole lease it asked for, counted from when the
	 * store answered.
	 *
	 * @param lease what was granted
	 */
	record Granted(BackendLease lease) implements Attempt {

	}

	/**
	 * Somebody else holds the lock.
	 *
	 * @param revision the revision of the present grant: a push that tells of no later
	 * one is out of date. Zero when the store cannot tell
	 * @param remaining how long the present lease still runs, or {@code null} when the
	 * store cannot tell
	 * @param holder the readable owner, or {@code null} when the store cannot tell
	 */
	record Busy(long revision, @Nullable Duration remaining, @Nullable String holder) implements Attempt {

	}

}
