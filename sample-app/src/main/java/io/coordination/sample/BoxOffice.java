package io.coordination.sample;

import java.time.Duration;

import io.coordination.aop.DistributedLock;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockSpec;
import org.jspecify.annotations.Nullable;

import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/**
 * Sells tickets: reads how many seats are left, thinks, writes the ticket. Correct only
 * if nobody else does the same for the same concert meanwhile, in whatever instance.
 */
@Service
class BoxOffice {

	private final LockRegistry locks;

	private final Tickets tickets;

	private final InstanceName instance;

	BoxOffice(LockRegistry locks, Tickets tickets, InstanceName instance) {
		this.locks = locks;
		this.tickets = tickets;
		this.instance = instance;
	}

	/**
	 * Sells a ticket while nobody else does. The lock is taken before the transaction
	 * begins, and given back after it has been committed.
	 * @param concert the concert
	 * @param buyer who wants to go
	 * @param thinking what takes time between reading and writing
	 * @return {@code false} if it is sold out
	 * @throws InterruptedException if the thread is interrupted
	 */
	@Transactional
	@DistributedLock(name = "concert", key = "#concert")
	public boolean sellWithLock(long concert, String buyer, Thinking thinking) throws InterruptedException {
		// Re-entrant, so it costs nothing: the lock that the annotation has taken
		return this.locks.execute(LockSpec.of("concert:" + concert), (lock) -> {
			// Before reading: what is read must not be changed by an older holder who
			// wakes up
			this.tickets.announceToken(concert, lock.fencingToken());
			boolean sold = sell(concert, buyer, thinking, lock.fencingToken());
			// Before committing: an exception rolls back
			lock.ensureHeld();
			return sold;
		});
	}

	/**
	 * Sells a ticket while others may be doing the same.
	 * @param concert the concert
	 * @param buyer who wants to go
	 * @param thinking what takes time between reading and writing
	 * @return {@code false} if it is sold out
	 * @throws InterruptedException if the thread is interrupted
	 */
	@Transactional
	public boolean sellWithoutLock(long concert, String buyer, Thinking thinking) throws InterruptedException {
		return sell(concert, buyer, thinking, null);
	}

	private boolean sell(long concert, String buyer, Thinking thinking, @Nullable Long token)
			throws InterruptedException {
		int seatsLeft = this.tickets.seatsLeft(concert);
		if (seatsLeft <= 0) {
			return false;
		}
		thinking.think();
		write(concert, seatsLeft, buyer, token);
		return true;
	}

	/**
	 * Writes a ticket with a token from the past, as a seller would who slept through the
	 * end of its lease.
	 * @param concert the concert
	 * @param token the fencing token
	 * @throws StaleTokenException if somebody has shown a newer one, and the ticket is
	 * not sold
	 */
	@Transactional
	public void sellWithToken(long concert, long token) {
		write(concert, this.tickets.seatsLeft(concert), "late buyer", token);
	}

	private void write(long concert, int seatsLeft, String buyer, @Nullable Long token) {
		if (token != null) {
			this.tickets.requireNewestToken(concert, token);
		}
		int seat = this.tickets.seats(concert) - seatsLeft + 1;
		this.tickets.insert(concert, seat, buyer, this.instance.toString(), token);
	}

	/**
	 * What takes time between reading how many seats are left and writing the ticket.
	 */
	@FunctionalInterface
	interface Thinking {

		/**
		 * Thinks.
		 * @throws InterruptedException if the thread is interrupted
		 */
		void think() throws InterruptedException;

		/**
		 * Thinks for a time.
		 * @param duration how long
		 * @return the thinking
		 */
		static Thinking of(Duration duration) {
			return () -> Thread.sleep(duration.toMillis());
		}

	}

}
