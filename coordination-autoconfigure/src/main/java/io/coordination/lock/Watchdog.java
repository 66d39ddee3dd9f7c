package io.coordination.lock;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.coordination.backend.BackendException;
import io.coordination.backend.BackendLease;
import io.coordination.backend.OwnerId;
import io.coordination.backend.Renewal;
import io.coordination.lock.event.LockLost.Cause;
import io.coordination.lock.event.LockUncertain;

/**
 * Keeps what is held, and notices what is not any more.
 * <p>
 * One timer for all grants: it is set to the earliest thing that any of them needs
 * (renewal at a third of its lease, the deadline, the moment it becomes uncertain, the
 * end of a maximum hold time), and looks at least twice a second while anything is held.
 * What is due soon is renewed along with what is due now, so that leases of the same
 * length meet in one request. A renewal without an answer is repeated after a sixth of
 * the lease, a failed one after a tenth.
 * <p>
 * <b>Invariants.</b>
 * <ol>
 * <li>Every registered grant is looked at no later than its deadline, as far as this
 * process runs. What has ended is lost before anything is renewed: after a pause no
 * renewal revives a lock that others may have.
 * <li>A round that fails is logged, and the next one follows.
 * <li>A renewal is asked for by owner; one that was released meanwhile is not ours to the
 * store, so nothing can be resurrected, and a late answer for a grant that is not
 * registered changes nothing.
 * </ol>
 * A round that comes late (garbage collection, a stopped process, no CPU) is reported. A
 * wall clock that went further than the monotonic one raises suspicion: then everything
 * is uncertain until the store has been asked again.
 */
final class Watchdog {

	private static final Logger logger = LoggerFactory.getLogger(Watchdog.class);

	private static final long LONGEST_SLEEP = TimeUnit.MILLISECONDS.toNanos(500);

	private static final long SHORTEST_SLEEP = TimeUnit.MILLISECONDS.toNanos(1);

	private static final long STALL = TimeUnit.SECONDS.toNanos(1);

	private final Engine engine;

	private final ConcurrentHashMap<OwnerId, Grant> grants = new ConcurrentHashMap<>();

	private final ReentrantLock lock = new ReentrantLock();

	// guarded by lock
	private EngineTime.@Nullable Timer timer;

	// written under lock
	private volatile long wakeAt;

	// written under lock
	private volatile boolean asleep = true;

	private volatile Clocks clocks;

	Watchdog(Engine engine) {
		this.engine = engine;
		this.clocks = Clocks.read(engine);
	}

	void register(Grant grant) {
		if (this.asleep) {
			this.clocks = grant.noticed;
		}
		this.grants.put(grant.lease.owner(), grant);
		wakeBy(nextEvent(grant));
	}

	void unregister(Grant grant) {
		this.grants.remove(grant.lease.owner(), grant);
	}

	/**
	 * Looks at everything now.
	 */
	void wake() {
		if (!this.grants.isEmpty()) {
			wakeBy(this.engine.nanoTime());
		}
	}

	/**
	 * Asks the store about everything now.
	 */
	void confirmAll() {
		long now = this.engine.nanoTime();
		Map<Long, List<Grant>> batches = new HashMap<>();
		for (Grant grant : this.grants.values()) {
			if (grant.read(now).lost() == null) {
				add(batches, grant, grant.renewalNanos(now));
			}
		}
		send(batches, now);
	}

	/**
	 * Asks the store about one grant.
	 */
	CompletionStage<Boolean> verify(Grant grant) {
		long now = this.engine.nanoTime();
		if (grant.read(now).lost() != null) {
			return CompletableFuture.completedFuture(false);
		}
		return renew(List.of(grant), grant.renewalNanos(now), now).thenApply((renewal) -> {
			if (renewal.lost().contains(grant.lease.owner())) {
				return false;
			}
			if (renewal.kept().contains(grant.lease.owner())) {
				return grant.read(this.engine.nanoTime()).lost() == null;
			}
			throw new BackendException("No answer about this lock", true, null);
		});
	}

	/**
	 * Whether the wall clock went further than the monotonic one since both were last
	 * read.
	 */
	boolean clocksDisagree() {
		Clocks before = this.clocks;
		Clocks now = Clocks.read(this.engine);
		if (!before.disagree(now)) {
			return false;
		}
		this.clocks = now;
		return true;
	}

	private void wakeBy(long when) {
		if (!this.asleep && this.wakeAt - when <= 0) {
			return;
		}
		this.lock.lock();
		try {
			if (!this.asleep && this.wakeAt - when <= 0) {
				return;
			}
			if (this.timer != null) {
				this.timer.cancel();
			}
			long now = this.engine.nanoTime();
			long delay = Math.max(0, Math.min(LONGEST_SLEEP, when - now));
			this.wakeAt = now + delay;
			this.asleep = false;
			this.timer = this.engine.schedule(this::round, delay);
		}
		finally {
			this.lock.unlock();
		}
	}

	private void round() {
		long now = this.engine.nanoTime();
		long late = now - this.wakeAt;
		try {
			if (late > STALL) {
				logger.warn("The lock watchdog ran {} late: this process was paused or starved; leases may have ended",
						Durations.text(late));
			}
			this.engine.suspectAfterClockJump();
			this.clocks = Clocks.read(this.engine);
			this.engine.handles().releaseDropped();
			look(now);
		}
		catch (RuntimeException ex) {
			logger.error("The lock watchdog failed, and goes on", ex);
		}
		finally {
			plan(now);
		}
	}

	private void look(long now) {
		Map<Long, List<Grant>> batches = new HashMap<>();
		for (Grant grant : this.grants.values()) {
			Grant.Validity known = grant.read(now);
			if (known.lost() != null) {
				continue;
			}
			Hold hold = grant.hold;
			if (hold != null && hold.isLimited()) {
				hold.endMaxHold(now);
			}
			long nanos = grant.renewalNanos(now);
			boolean wanted = nanos > 0 || isSuspect(known);
			if (wanted && grant.renewAt - (now + known.armedNanos() / 30) <= 0) {
				grant.renewAt = now + known.armedNanos() / 6;
				add(batches, grant, nanos);
			}
			if (hold != null && !known.equals(grant.toldUncertain)
					&& known.state(now, this.engine.suspectSince(), grant.isRenewed()) == LockState.UNCERTAIN) {
				grant.toldUncertain = known;
				this.engine.announcer()
					.publishLater(new LockUncertain(hold.name(), hold.label, hold.token, known.remainingDuration(now)));
			}
		}
		send(batches, now);
	}

	private void plan(long now) {
		this.lock.lock();
		try {
			this.timer = null;
			this.asleep = true;
		}
		finally {
			this.lock.unlock();
		}
		long next = now + LONGEST_SLEEP;
		boolean any = false;
		for (Grant grant : this.grants.values()) {
			long event = nextEvent(grant);
			next = (event - next < 0) ? event : next;
			any = true;
		}
		if (any) {
			wakeBy((next - (now + SHORTEST_SLEEP) < 0) ? now + SHORTEST_SLEEP : next);
		}
	}

	private long nextEvent(Grant grant) {
		Grant.Validity known = grant.peek();
		long next = known.deadline();
		if (grant.renewalNanos(this.engine.nanoTime()) > 0 || isSuspect(known)) {
			next = (grant.renewAt - next < 0) ? grant.renewAt : next;
		}
		if (grant.isRenewed() && !known.equals(grant.toldUncertain)) {
			long uncertain = known.confirmedAt() + known.armedNanos() / 2 + 1;
			next = (uncertain - next < 0) ? uncertain : next;
		}
		Hold hold = grant.hold;
		if (hold != null && hold.isLimited()) {
			next = (hold.maxHoldEnd() - next < 0) ? hold.maxHoldEnd() : next;
		}
		return next;
	}

	/**
	 * Whether it was last confirmed before something happened: then it is asked about,
	 * also if it is not renewed.
	 */
	private boolean isSuspect(Grant.Validity known) {
		return known.confirmedAt() - this.engine.suspectSince() <= 0;
	}

	private static void add(Map<Long, List<Grant>> batches, Grant grant, long nanos) {
		batches.computeIfAbsent(nanos, (key) -> new ArrayList<>()).add(grant);
	}

	private void send(Map<Long, List<Grant>> batches, long now) {
		batches.forEach((nanos, batch) -> renew(batch, nanos, now));
	}

	private CompletionStage<Renewal> renew(List<Grant> batch, long nanos, long sentAt) {
		List<BackendLease> leases = batch.stream().map((grant) -> grant.lease).toList();
		CompletionStage<Renewal> answer = this.engine.backend().renew(leases, Duration.ofNanos(nanos));
		return answer.whenComplete((renewal, ex) -> {
			if (renewal != null) {
				batch.forEach((grant) -> renewed(grant, renewal, nanos, sentAt));
			}
			else {
				logger.debug("Renewal of {} locks failed", batch.size(), ex);
				batch.forEach((grant) -> retry(grant, sentAt));
			}
		});
	}

	private void renewed(Grant grant, Renewal renewal, long nanos, long sentAt) {
		OwnerId owner = grant.lease.owner();
		if (renewal.kept().contains(owner)) {
			grant.confirm(sentAt, nanos, this.engine.nanoTime());
		}
		else if (renewal.lost().contains(owner)) {
			if (this.grants.get(owner) == grant) {
				grant.lose(Cause.TAKEN);
			}
		}
		else {
			retry(grant, sentAt);
		}
	}

	private void retry(Grant grant, long sentAt) {
		long now = this.engine.nanoTime();
		long next = sentAt + grant.peek().armedNanos() / 10;
		grant.renewAt = (next - now < 0) ? now : next;
		if (this.grants.get(grant.lease.owner()) == grant) {
			wakeBy(grant.renewAt);
		}
	}

}
