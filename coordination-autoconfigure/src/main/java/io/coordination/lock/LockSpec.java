package io.coordination.lock;

import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

/**
 * What to lock, and how. What is not set comes from the registry's defaults. Immutable.
 *
 * <pre class="code">
 * LockSpec.of("order:42").withWaitTime(Duration.ofSeconds(2))
 * LockSpec.ofAll("account:1", "account:2").withoutWaiting()
 * </pre>
 *
 * @param names what to lock: one name, or several that are acquired together in sorted
 * order
 * @param waitTime how long to wait for all of it; zero asks once; {@link #UNBOUNDED}
 * waits for ever; {@code null} means the registry's default
 * @param leaseTime the time after which an unrenewed lock is free for others: with
 * renewal how soon it is free after a crash, without renewal how long it can be held at
 * most; {@code null} means the registry's default
 * @param renewal whether the lease is renewed while the lock is held; {@code null} means
 * the registry's default
 * @param maxHoldTime how long the lock may be held, renewed or not: after that it is
 * lost; {@code null} means no limit
 * @param minHoldTime how long the lock stays taken at least, counted from its grant, also
 * if it is released sooner; {@code null} means it is free when it is released
 * @param interruptOnLoss whether {@link LockRegistry#execute} interrupts its thread when
 * the lock is lost
 * @param label what the locks are counted under in metrics and told of in events: see
 * {@link #withLabel(String)}; {@code null} means no label
 * @param labels what some of the names are counted under instead, by name
 */
public record LockSpec(List<String> names, @Nullable Duration waitTime, @Nullable Duration leaseTime,
		@Nullable Boolean renewal, @Nullable Duration maxHoldTime, @Nullable Duration minHoldTime,
		boolean interruptOnLoss, @Nullable String label, Map<String, String> labels) {

	/**
	 * The wait time that never ends.
	 */
	public static final Duration UNBOUNDED = Duration.ofSeconds(Long.MAX_VALUE);

	/**
	 * The longest lease.
	 */
	public static final Duration MAX_LEASE = Duration.ofDays(1);

	/**
	 * Checks the values, and sorts the names and drops repeated ones.
	 * @throws LockKeyException if a name cannot be the name of a lock, or there is none
	 * @throws IllegalArgumentException if a duration is out of its range, or a label
	 * blank
	 */
	public LockSpec {
		Objects.requireNonNull(names, "'names' must not be null");
		if (names.isEmpty()) {
			throw new LockKeyException("At least one lock name is needed");
		}
		names = (names.size() == 1) ? List.of(LockNames.check(names.get(0)))
				: names.stream().map(LockNames::check).distinct().sorted().toList();
		if (waitTime != null && waitTime.isNegative()) {
			throw new IllegalArgumentException("'waitTime' must not be negative: " + waitTime
					+ " (zero asks once; use withUnboundedWait() to wait for ever)");
		}
		if (leaseTime != null && (leaseTime.isNegative() || leaseTime.isZero() || leaseTime.compareTo(MAX_LEASE) > 0)) {
			throw new IllegalArgumentException(
					"'leaseTime' must be positive and at most " + MAX_LEASE + ": " + leaseTime);
		}
		if (maxHoldTime != null && (maxHoldTime.isNegative() || maxHoldTime.isZero())) {
			throw new IllegalArgumentException("'maxHoldTime' must be positive: " + maxHoldTime);
		}
		if (minHoldTime != null
				&& (minHoldTime.isNegative() || minHoldTime.isZero() || minHoldTime.compareTo(MAX_LEASE) > 0)) {
			throw new IllegalArgumentException(
					"'minHoldTime' must be positive and at most " + MAX_LEASE + ": " + minHoldTime);
		}
		labels = Map.copyOf(labels);
		checkLabel(label);
		if (!labels.isEmpty()) {
			labels.values().forEach(LockSpec::checkLabel);
		}
	}

	private static void checkLabel(@Nullable String label) {
		if (label != null && label.isBlank()) {
			throw new IllegalArgumentException("'label' must not be blank");
		}
	}

	/**
	 * One lock with the registry's defaults.
	 * @param name the name of the lock
	 * @return the spec
	 * @throws LockKeyException if the name cannot be the name of a lock
	 */
	public static LockSpec of(String name) {
		return new LockSpec(Collections.singletonList(name), null, null, null, null, null, false, null, Map.of());
	}

	/**
	 * Several locks, all or none, acquired in sorted order within one wait time.
	 * @param names the names of the locks, in any order; repeated ones count once
	 * @return the spec
	 * @throws LockKeyException if a name cannot be the name of a lock, or there is none
	 */
	public static LockSpec ofAll(String... names) {
		return new LockSpec(Arrays.asList(names), null, null, null, null, null, false, null, Map.of());
	}

	/**
	 * Several locks, all or none, acquired in sorted order within one wait time.
	 * @param names the names of the locks, in any order; repeated ones count once
	 * @return the spec
	 * @throws LockKeyException if a name cannot be the name of a lock, or there is none
	 */
	public static LockSpec ofAll(Collection<String> names) {
		return new LockSpec(List.copyOf(names.stream().map(LockNames::check).toList()), null, null, null, null, null,
				false, null, Map.of());
	}

	/**
	 * How long to wait.
	 * @param waitTime the time for all names together; zero asks once
	 * @return a spec with this wait time
	 * @throws IllegalArgumentException if it is negative
	 */
	public LockSpec withWaitTime(Duration waitTime) {
		return new LockSpec(this.names, Objects.requireNonNull(waitTime, "'waitTime' must not be null"), this.leaseTime,
				this.renewal, this.maxHoldTime, this.minHoldTime, this.interruptOnLoss, this.label, this.labels);
	}

	/**
	 * Asks once and does not wait.
	 * @return a spec with a wait time of zero
	 */
	public LockSpec withoutWaiting() {
		return withWaitTime(Duration.ZERO);
	}

	/**
	 * Waits for as long as it takes.
	 * @return a spec without a bound to its wait
	 */
	public LockSpec withUnboundedWait() {
		return withWaitTime(UNBOUNDED);
	}

	/**
	 * The time after which an unrenewed lock is free for others.
	 * @param leaseTime the time, more than zero
	 * @return a spec with this lease
	 * @throws IllegalArgumentException if it is not positive or longer than
	 * {@link #MAX_LEASE}
	 */
	public LockSpec withLeaseTime(Duration leaseTime) {
		return new LockSpec(this.names, this.waitTime,
				Objects.requireNonNull(leaseTime, "'leaseTime' must not be null"), this.renewal, this.maxHoldTime,
				this.minHoldTime, this.interruptOnLoss, this.label, this.labels);
	}

	/**
	 * Whether the lease is renewed while the lock is held. Without renewal the lease is a
	 * hard limit from the grant on, and the lock is never handed over inside the process.
	 * @param renewal whether to renew
	 * @return a spec with this choice
	 */
	public LockSpec withRenewal(boolean renewal) {
		return new LockSpec(this.names, this.waitTime, this.leaseTime, renewal, this.maxHoldTime, this.minHoldTime,
				this.interruptOnLoss, this.label, this.labels);
	}

	/**
	 * How long the lock may be held. When the time is up the lock counts as lost and is
	 * renewed no more; the store gets it back when the handle is released, at the latest
	 * when the lease has ended.
	 * @param maxHoldTime the time, more than zero
	 * @return a spec with this limit
	 * @throws IllegalArgumentException if it is not positive
	 */
	public LockSpec withMaxHoldTime(Duration maxHoldTime) {
		return new LockSpec(this.names, this.waitTime, this.leaseTime, this.renewal,
				Objects.requireNonNull(maxHoldTime, "'maxHoldTime' must not be null"), this.minHoldTime,
				this.interruptOnLoss, this.label, this.labels);
	}

	/**
	 * How long the lock stays taken at least, counted from its grant. Released sooner, it
	 * is held by nobody for the rest of the time, for this process as for others: so that
	 * a short task which every process starts at about the same time is done by one of
	 * them. The release itself waits for nothing.
	 * <p>
	 * A lock that was lost is not kept. Where locks end with a session (ZooKeeper), the
	 * registry goes on holding it for the rest; there a registry that stops, or a process
	 * that dies, frees it sooner.
	 * @param minHoldTime the time, more than zero
	 * @return a spec with this time
	 * @throws IllegalArgumentException if it is not positive or longer than
	 * {@link #MAX_LEASE}
	 */
	public LockSpec withMinHoldTime(Duration minHoldTime) {
		return new LockSpec(this.names, this.waitTime, this.leaseTime, this.renewal, this.maxHoldTime,
				Objects.requireNonNull(minHoldTime, "'minHoldTime' must not be null"), this.interruptOnLoss, this.label,
				this.labels);
	}

	/**
	 * Interrupts the thread inside {@link LockRegistry#execute} when the lock is lost, so
	 * that it stops sooner. Other ways of acquiring are told through
	 * {@link LockHandle#onLost}.
	 * @return a spec with this choice
	 */
	public LockSpec withInterruptOnLoss() {
		return new LockSpec(this.names, this.waitTime, this.leaseTime, this.renewal, this.maxHoldTime, this.minHoldTime,
				true, this.label, this.labels);
	}

	/**
	 * What the locks are counted under in metrics, and told of in events: what all locks
	 * of a kind have in common, such as {@code order} for the locks {@code order:1},
	 * {@code order:2} and so on. There must be few labels in an application, known when
	 * it is written: never a name with a key in it, as each label makes time series of
	 * its own that stay. It says nothing of what excludes what.
	 * @param label the label of all names
	 * @return a spec with this label
	 * @throws IllegalArgumentException if it is blank
	 */
	public LockSpec withLabel(String label) {
		return new LockSpec(this.names, this.waitTime, this.leaseTime, this.renewal, this.maxHoldTime, this.minHoldTime,
				this.interruptOnLoss, Objects.requireNonNull(label, "'label' must not be null"), Map.of());
	}

	/**
	 * What one of several locks is counted under, where they are of different kinds.
	 * @param name one of the names
	 * @param label its label, as in {@link #withLabel(String)}
	 * @return a spec with this label for the name
	 * @throws IllegalArgumentException if the label is blank, or there is no such name
	 */
	public LockSpec withLabel(String name, String label) {
		if (!this.names.contains(name)) {
			throw new IllegalArgumentException("'name' must be one of " + this.names + ": " + name);
		}
		Map<String, String> added = new HashMap<>(this.labels);
		added.put(name, Objects.requireNonNull(label, "'label' must not be null"));
		return new LockSpec(this.names, this.waitTime, this.leaseTime, this.renewal, this.maxHoldTime, this.minHoldTime,
				this.interruptOnLoss, this.label, added);
	}

	/**
	 * What one of the locks is counted under.
	 * @param name its name
	 * @return its label, or {@code null} if it has none
	 */
	public @Nullable String label(String name) {
		String own = this.labels.get(name);
		return (own != null) ? own : this.label;
	}

	LockSpec forNames(List<String> some) {
		return new LockSpec(some, this.waitTime, this.leaseTime, this.renewal, this.maxHoldTime, this.minHoldTime,
				this.interruptOnLoss, this.label, this.labels);
	}

}
