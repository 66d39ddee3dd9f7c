package io.coordination.test;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.core.env.Environment;

import io.coordination.aop.LockName;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockInterruptedException;
import io.coordination.lock.LockNotAcquiredException;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockSpec;
import io.coordination.lock.LockState;

/**
 * What can happen to the locks of an application, for its tests: others hold them, they
 * are lost, the store is down. A bean of every test class with
 * {@link AutoConfigureCoordination}; works with each backend.
 * <p>
 * After each test everything is undone: what is held elsewhere is given back, and the
 * store can be reached. What the application itself holds is left alone.
 * <p>
 * This type is safe for use by many threads; tests that run at the same time in one
 * context share its locks, and the first to end undoes it for all of them.
 */
public final class LockTestSupport {

	private final ObjectProvider<LockRegistry> registries;

	private final SwitchedStore store;

	private final Environment environment;

	private final OtherProcess elsewhere = new OtherProcess();

	private final Set<StoreOutage> outages = ConcurrentHashMap.newKeySet();

	LockTestSupport(ObjectProvider<LockRegistry> registries, SwitchedStore store, Environment environment) {
		this.registries = registries;
		this.store = store;
		this.environment = environment;
	}

	/**
	 * Holds a lock as another process would: until the handle is closed, or else to the
	 * end of the test.
	 * @param name the full name of the lock, as in {@link LockSpec#of}
	 * @return what the other process has
	 * @throws LockNotAcquiredException if it is held already, here or there
	 */
	public LockHandle holdElsewhere(String name) {
		return holdElsewhere(LockSpec.of(name));
	}

	/**
	 * Holds the lock of a method with a key, as another process would.
	 * @param name the name in the annotation
	 * @param key what the key of the annotation evaluates to
	 * @return what the other process has
	 * @throws LockNotAcquiredException if it is held already, here or there
	 * @see LockName#of(String, Object)
	 */
	public LockHandle holdElsewhere(String name, Object key) {
		return holdElsewhere(LockName.of(name, key));
	}

	/**
	 * Holds locks as another process would. Without a wait time in the spec it asks once.
	 * @param spec what to hold, and how
	 * @return what the other process has
	 * @throws LockNotAcquiredException if one of them is held already, here or there
	 * @throws LockInterruptedException if the thread is interrupted while it waits
	 * @throws IllegalStateException if the application makes its {@link LockRegistry}
	 * itself
	 */
	public LockHandle holdElsewhere(LockSpec spec) {
		registry();
		String namespace = Objects.requireNonNullElse(TestNamespace.find(this.environment), "default");
		try {
			return this.elsewhere.hold(this.store.factory(), namespace, spec);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new LockInterruptedException("Interrupted while another process waits for " + spec.names(), ex);
		}
	}

	/**
	 * Takes every lock from the application, as if the store had given it to others: it
	 * is free there, and the application has noticed when this returns. Handles are
	 * {@link LockState#LOST}; callbacks and events follow on threads of the registry.
	 * What is held elsewhere stays.
	 * @return the names of the locks that were lost, sorted; empty if none was held
	 * @throws IllegalStateException if the application makes its {@link LockRegistry}
	 * itself
	 */
	public List<String> loseAll() {
		registry();
		this.store.factory();
		return this.store.loseAll();
	}

	/**
	 * Makes the store unreachable for the application, until the outage is ended, or else
	 * to the end of the test. Every request fails at once and without an effect, so
	 * whoever wants a lock gets a {@link io.coordination.lock.LockBackendException}; what
	 * is held is uncertain, and lost when its lease ends. For other processes the store
	 * works on.
	 * @return the outage
	 * @throws IllegalStateException if the application makes its {@link LockRegistry}
	 * itself
	 */
	public StoreOutage storeDown() {
		registry();
		this.store.factory();
		StoreOutage outage = new StoreOutage() {

			@Override
			public void end() {
				if (LockTestSupport.this.outages.remove(this)) {
					LockTestSupport.this.store.endOutage();
				}
			}

		};
		this.outages.add(outage);
		this.store.beginOutage();
		return outage;
	}

	/**
	 * Whether the application holds a lock. Where it is held elsewhere, it does not.
	 * @param name the full name of the lock
	 * @return {@code true} if it is held and not lost
	 */
	public boolean isHeld(String name) {
		return registry().held()
			.stream()
			.anyMatch((lock) -> lock.name().equals(name) && lock.state() != LockState.LOST);
	}

	/**
	 * Whether the application holds the lock of a method with a key.
	 * @param name the name in the annotation
	 * @param key what the key of the annotation evaluates to
	 * @return {@code true} if it is held and not lost
	 */
	public boolean isHeld(String name, Object key) {
		return isHeld(LockName.of(name, key));
	}

	/**
	 * Waits until some caller of the application waits for a lock that is held elsewhere.
	 * @param name the full name of the lock
	 * @param timeout how long to wait for that
	 * @throws AssertionError if nobody waits for it when the time is over
	 * @throws InterruptedException if the thread is interrupted
	 */
	public void awaitWaiter(String name, Duration timeout) throws InterruptedException {
		if (!this.store.awaitWaiter(name, timeout)) {
			throw new AssertionError("Nobody waits for lock '%s' after %s. Held here: %s".formatted(name, timeout,
					registry().held().stream().map((lock) -> lock.name()).toList()));
		}
	}

	/**
	 * Undoes everything: gives back what is held elsewhere, and ends every outage. Done
	 * after each test.
	 */
	public void reset() {
		this.outages.forEach(StoreOutage::end);
		this.elsewhere.end();
	}

	private LockRegistry registry() {
		return this.registries.getObject();
	}

	/**
	 * A time in which the store cannot be reached.
	 */
	public interface StoreOutage extends AutoCloseable {

		/**
		 * Ends it. Repeated calls do nothing.
		 */
		void end();

		/**
		 * Ends it, like {@link #end()}.
		 */
		@Override
		default void close() {
			end();
		}

	}

}
