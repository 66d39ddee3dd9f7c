package io.coordination.sample;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

import io.coordination.lock.event.LockLost;
import io.coordination.lock.event.LockUncertain;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * What happened in this instance that people want to see, the newest first. Safe for use
 * by many threads.
 */
@Component
class News {

	private static final Logger logger = LoggerFactory.getLogger(News.class);

	private static final int KEPT = 30;

	private final InstanceName instance;

	private final Deque<Item> items = new ArrayDeque<>();

	News(InstanceName instance) {
		this.instance = instance;
	}

	void tell(Kind kind, String text) {
		if (kind == Kind.BAD) {
			logger.warn(text);
		}
		else {
			logger.info(text);
		}
		Item item = new Item(Instant.now().toEpochMilli(), this.instance.toString(), kind, text);
		synchronized (this.items) {
			this.items.addFirst(item);
			if (this.items.size() > KEPT) {
				this.items.removeLast();
			}
		}
	}

	@EventListener
	void lockUncertain(LockUncertain event) {
		tell(Kind.BAD, "The store has not confirmed lock '%s' (token %d) for a while; it is ours for another %d ms"
			.formatted(event.name(), event.fencingToken(), event.remainingValidity().toMillis()));
	}

	@EventListener
	void lockLost(LockLost event) {
		tell(Kind.BAD, "Lost lock '%s' (token %d) after %d ms: %s".formatted(event.name(), event.fencingToken(),
				event.heldFor().toMillis(), event.cause()));
	}

	List<Item> items() {
		synchronized (this.items) {
			return List.copyOf(this.items);
		}
	}

	/**
	 * Whether it is good or bad news.
	 */
	enum Kind {

		/** As it should be. */
		GOOD,

		/** Something went wrong, and was noticed. */
		BAD

	}

	/**
	 * A piece of news.
	 *
	 * @param at when, in milliseconds since 1970
	 * @param instance where
	 * @param kind whether it is good or bad
	 * @param text what
	 */
	record Item(long at, String instance, Kind kind, String text) {

	}

}
