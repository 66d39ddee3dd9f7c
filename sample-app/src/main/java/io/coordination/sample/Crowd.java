package io.coordination.sample;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import io.coordination.lock.LockNotAcquiredException;

import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * Buyers who come to this instance all at once. Each has a thread, as a request has in a
 * web server.
 */
@Component
class Crowd {

	private static final int COUNTERS = 24;

	private static final Duration GLANCE = Duration.ofMillis(20);

	private final BoxOffice boxOffice;

	private final Tickets tickets;

	private final SampleProperties properties;

	private final News news;

	private final Map<Long, Tally> tallies = new ConcurrentHashMap<>();

	private final ExecutorService lockedCounters = counters("locked");

	private final ExecutorService unlockedCounters = counters("unlocked");

	private final ExecutorService slowCounters = counters("slow");

	private final ExecutorService doorkeepers = counters("doors");

	Crowd(BoxOffice boxOffice, Tickets tickets, SampleProperties properties, News news) {
		this.boxOffice = boxOffice;
		this.tickets = tickets;
		this.properties = properties;
		this.news = news;
	}

	private static ExecutorService counters(String name) {
		return Executors.newFixedThreadPool(COUNTERS, (task) -> {
			Thread thread = new Thread(task, "ticket-shop-" + name);
			thread.setDaemon(true);
			return thread;
		});
	}

	/**
	 * Sends buyers to both concerts of a rush. The first have read how many seats are
	 * left when the doors of all instances open: without a lock, what they know is old as
	 * soon as one of them has bought.
	 * @param share who comes
	 */
	void rush(Share share) {
		Doors doors = new Doors(Math.min(COUNTERS, share.buyers()));
		BoxOffice.Thinking thinking = BoxOffice.Thinking.of(this.properties.thinkTime());
		BoxOffice.Thinking withLock = () -> {
			doors.pass();
			thinking.think();
		};
		BoxOffice.Thinking withoutLock = () -> {
			doors.arrive();
			doors.pass();
			thinking.think();
		};
		Tally locked = tally(share.locked());
		Tally unlocked = tally(share.unlocked());
		locked.arrived(share.buyers());
		unlocked.arrived(share.buyers());
		for (int i = share.first(); i < share.first() + share.buyers(); i++) {
			String buyer = "Buyer " + i;
			this.lockedCounters
				.execute(() -> serve(locked, () -> this.boxOffice.sellWithLock(share.locked(), buyer, withLock)));
			this.unlockedCounters.execute(
					() -> serve(unlocked, () -> this.boxOffice.sellWithoutLock(share.unlocked(), buyer, withoutLock)));
		}
		this.doorkeepers.execute(() -> {
			try {
				awaitAll(share, doors);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
			catch (RuntimeException ex) {
				this.news.tell(News.Kind.BAD, String.valueOf(ex.getMessage()));
			}
			finally {
				locked.begin();
				unlocked.begin();
				doors.open();
			}
		});
	}

	private void awaitAll(Share share, Doors doors) throws InterruptedException {
		Duration patience = this.properties.patience();
		long deadline = System.nanoTime() + patience.toNanos();
		if (doors.awaitArrivals(patience)) {
			this.tickets.arrived(share.unlocked(), share.buyers());
			while (System.nanoTime() - deadline < 0) {
				if (this.tickets.arrivals(share.unlocked()) >= share.ofAll()) {
					return;
				}
				Thread.sleep(GLANCE.toMillis());
			}
		}
		this.news.tell(News.Kind.BAD,
				"The doors open after %d ms, although not all buyers have arrived".formatted(patience.toMillis()));
	}

	/**
	 * Sends one buyer who takes long.
	 * @param concert the concert
	 * @param buyer the name
	 */
	void slowBuyer(long concert, String buyer) {
		Tally tally = tally(concert);
		tally.arrived(1);
		this.news.tell(News.Kind.GOOD, buyer + " wants a ticket");
		this.slowCounters.execute(() -> serve(tally, () -> {
			boolean sold = this.boxOffice.sellWithLock(concert, buyer,
					BoxOffice.Thinking.of(this.properties.slowThinkTime()));
			this.news.tell(News.Kind.GOOD, buyer + (sold ? " has a ticket" : " came too late: sold out"));
			return sold;
		}));
	}

	private void serve(Tally tally, Sale sale) {
		try {
			if (!sale.sell()) {
				tally.soldOut();
			}
		}
		catch (LockNotAcquiredException ex) {
			tally.busy();
			this.news.tell(News.Kind.BAD, String.valueOf(ex.getMessage()));
		}
		catch (InterruptedException ex) {
			tally.failed();
			Thread.currentThread().interrupt();
		}
		catch (RuntimeException ex) {
			tally.failed();
			this.news.tell(News.Kind.BAD, String.valueOf(ex.getMessage()));
		}
		finally {
			tally.left();
		}
	}

	private Tally tally(long concert) {
		return this.tallies.computeIfAbsent(concert, (id) -> new Tally());
	}

	/**
	 * What became of the buyers, by concert.
	 * @return a snapshot
	 */
	Map<Long, Tally.Counts> counts() {
		Map<Long, Tally.Counts> counts = new HashMap<>();
		this.tallies.forEach((concert, tally) -> counts.put(concert, tally.counts()));
		return counts;
	}

	/**
	 * Sends everybody home. A lock waits at shutdown until its holder has finished, and a
	 * slow buyer takes his time.
	 */
	@EventListener(ContextClosedEvent.class)
	void close() {
		this.lockedCounters.shutdownNow();
		this.unlockedCounters.shutdownNow();
		this.slowCounters.shutdownNow();
		this.doorkeepers.shutdownNow();
	}

	/**
	 * The part of a rush that comes to one instance.
	 *
	 * @param locked the concert that is sold with the lock
	 * @param unlocked the concert that is sold without
	 * @param first the number of the first buyer
	 * @param buyers how many buyers come to this instance
	 * @param ofAll how many buyers come to all instances
	 */
	record Share(long locked, long unlocked, int first, int buyers, int ofAll) {

	}

	@FunctionalInterface
	private interface Sale {

		boolean sell() throws InterruptedException;

	}

}
