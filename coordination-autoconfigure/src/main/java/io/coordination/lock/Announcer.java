package io.coordination.lock;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.coordination.lock.event.LockAcquired;
import io.coordination.lock.event.LockEvent;
import io.coordination.lock.event.LockLost;
import io.coordination.lock.event.LockRefused;
import io.coordination.lock.event.LockReleased;

/**
 * Tells the application what happened to its locks. What a caller did itself is told on
 * its own thread, what happens to its locks on a thread for that, in its order, and the
 * callbacks of a lock that is lost on threads of their own: they wait for no listener.
 * What either throws is logged.
 */
final class Announcer {

	private static final Logger logger = LoggerFactory.getLogger(Announcer.class);

	private final Engine engine;

	private final List<Consumer<LockEvent>> listeners;

	private final List<Consumer<LockEvent>> lossListeners;

	private final ThreadPoolExecutor events = EngineThreads.pool("coordination-event", 1);

	private final ThreadPoolExecutor callbacks = EngineThreads.pool("coordination-callback", 2);

	Announcer(Engine engine) {
		this.engine = engine;
		this.listeners = engine.settings().listeners();
		this.lossListeners = engine.settings().lossListeners();
	}

	/**
	 * A waiter got its lock.
	 */
	void acquired(Hold hold, Waiter waiter) {
		if (!this.listeners.isEmpty()) {
			tell(this.listeners,
					new LockAcquired(hold.name(), hold.label, hold.token, waited(waiter), hold.handedOver));
		}
	}

	/**
	 * A waiter did not get its lock.
	 * @param failure why, or {@code null} if it went away
	 */
	void refused(String name, Waiter waiter, @Nullable RuntimeException failure) {
		if (!this.listeners.isEmpty()) {
			tell(this.listeners, new LockRefused(name, waiter.label, reason(failure), waited(waiter)));
		}
	}

	/**
	 * A holder gave its lock up.
	 */
	void released(Hold hold) {
		if (!this.listeners.isEmpty()) {
			tell(this.listeners, new LockReleased(hold.name(), hold.label, hold.token, hold.heldFor()));
		}
	}

	private static LockRefused.Reason reason(@Nullable RuntimeException failure) {
		if (failure == null) {
			return LockRefused.Reason.ABANDONED;
		}
		if (failure instanceof LockNotAcquiredException) {
			return LockRefused.Reason.BUSY;
		}
		if (failure instanceof LockOutcomeUnknownException) {
			return LockRefused.Reason.UNKNOWN;
		}
		return (failure instanceof LockRegistryStoppedException) ? LockRefused.Reason.STOPPED
				: LockRefused.Reason.BACKEND;
	}

	private Duration waited(Waiter waiter) {
		return Duration.ofNanos(this.engine.nanoTime() - waiter.startedAt);
	}

	/**
	 * A lock is lost, or may be soon.
	 */
	void publishLater(LockEvent event) {
		if (!this.listeners.isEmpty() || !this.lossListeners.isEmpty()) {
			later(this.events, () -> {
				tell(this.listeners, event);
				tell(this.lossListeners, event);
			});
		}
	}

	void lost(LockLost event, String description, List<Consumer<LockLost>> callbacks) {
		logger.warn(description);
		publishLater(event);
		tell(event, callbacks);
	}

	void tell(LockLost event, List<Consumer<LockLost>> callbacks) {
		for (Consumer<LockLost> callback : callbacks) {
			later(this.callbacks, () -> accept(callback, event));
		}
	}

	private static void later(ThreadPoolExecutor pool, Runnable announcement) {
		try {
			pool.execute(announcement);
		}
		catch (RejectedExecutionException ex) {
			announcement.run();
		}
	}

	private static void tell(List<Consumer<LockEvent>> listeners, LockEvent event) {
		for (int i = 0; i < listeners.size(); i++) {
			accept(listeners.get(i), event);
		}
	}

	private static <E extends LockEvent> void accept(Consumer<? super E> listener, E event) {
		try {
			listener.accept(event);
		}
		catch (RuntimeException ex) {
			logger.error("A listener failed on {}", event, ex);
		}
	}

	/**
	 * Ends the threads. Listeners that are told now or later are given a second.
	 */
	void stop() {
		this.events.shutdown();
		this.callbacks.shutdown();
		long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
		try {
			if (!this.callbacks.awaitTermination(1, TimeUnit.SECONDS)
					|| !this.events.awaitTermination(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
				logger.warn("Listeners of lost locks are still busy while the lock registry stops");
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
