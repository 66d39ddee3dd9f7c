package io.coordination.sample;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import io.coordination.lock.LockNotAcquiredException;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.stereotype.Component;

/**
 * Buyers who come to this instance all at once. Each has a thread, as a request has in a
 * web server.
 */
@Component
class Crowd implements DisposableBean {

	private static final int COUNTERS = 24;

	private final BoxOffice boxOffice;

	private final SampleProperties properties;

	private final News news;

	private final Map<Long, Tally> tallies = new ConcurrentHashMap<>();

	private final ExecutorService lockedCounters = counters("locked");

	private final ExecutorService unlockedCounters = counters("unlocked");

	private final ExecutorService slowCounters = counters("slow");

	Crowd(BoxOffice boxOffice, SampleProperties properties, News news) {
		this.boxOffice = boxOffice;
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
	 * Sends buyers to both concerts of a rush.
	 * @param share who comes
	 */
	void rush(Share share) {
		Duration thinking = this.properties.thinkTime();
		Tally locked = tally(share.locked());
		Tally unlocked = tally(share.unlocked());
		locked.arrived(share.buyers());
		unlocked.arrived(share.buyers());
		for (int i = share.first(); i < share.first() + share.buyers(); i++) {
			String buyer = "Buyer " + i;
			this.lockedCounters
				.execute(() -> serve(locked, () -> this.boxOffice.sellWithLock(share.locked(), buyer, thinking)));
			this.unlockedCounters.execute(
					() -> serve(unlocked, () -> this.boxOffice.sellWithoutLock(share.unlocked(), buyer, thinking)));
		}
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
			boolean sold = this.boxOffice.sellWithLock(concert, buyer, this.properties.slowThinkTime());
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

	@Override
	public void destroy() {
		this.lockedCounters.shutdownNow();
		this.unlockedCounters.shutdownNow();
		this.slowCounters.shutdownNow();
	}

	/**
	 * The part of a rush that comes to one instance.
	 *
	 * @param locked the concert that is sold with the lock
	 * @param unlocked the concert that is sold without
	 * @param first the number of the first buyer
	 * @param buyers how many buyers come
	 */
	record Share(long locked, long unlocked, int first, int buyers) {

	}

	@FunctionalInterface
	private interface Sale {

		boolean sell() throws InterruptedException;

	}

}
