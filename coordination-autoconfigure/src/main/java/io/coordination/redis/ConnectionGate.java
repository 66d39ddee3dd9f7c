package io.coordination.redis;

import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

import io.coordination.backend.BackendException;

/**
 * Where requests wait for a connection, which the first of them makes.
 * <p>
 * <b>Invariants.</b>
 * <ol>
 * <li>Requests go through in the order in which they came: while any waits, the next one
 * waits behind it.
 * <li>Each request that waits goes through once, with a connection or with the reason why
 * there is none. One attempt to connect is under way at a time; each of those that waited
 * for a failed one has failed, and the next request makes a new one.
 * <li>No request waits in a gate that is closed.
 * </ol>
 *
 * @param <C> the type of the connection
 */
final class ConnectionGate<C> {

	private final Consumer<CompletableFuture<C>> connect;

	private final ReentrantLock lock = new ReentrantLock();

	// guarded by lock
	private final ArrayDeque<BiConsumer<@Nullable C, @Nullable Throwable>> waiting = new ArrayDeque<>();

	// guarded by lock: the attempt that is under way
	private @Nullable CompletableFuture<C> attempt;

	// written under lock: the connection, when it is made and nobody waits for it
	private volatile @Nullable C ready;

	// written under lock
	private volatile @Nullable BackendException closed;

	/**
	 * Makes a gate.
	 * @param connect makes a connection, completing the future with it or with a failure
	 */
	ConnectionGate(Consumer<CompletableFuture<C>> connect) {
		this.connect = connect;
	}

	/**
	 * Lets a request through, now or when the connection is made.
	 */
	void enter(BiConsumer<@Nullable C, @Nullable Throwable> request) {
		C present = (this.closed == null) ? this.ready : null;
		if (present == null) {
			CompletableFuture<C> begun = null;
			BackendException reason;
			this.lock.lock();
			try {
				reason = this.closed;
				present = (reason == null) ? this.ready : null;
				if (reason == null && present == null) {
					this.waiting.add(request);
					if (this.attempt == null) {
						begun = new CompletableFuture<>();
						this.attempt = begun;
					}
				}
			}
			finally {
				this.lock.unlock();
			}
			if (begun != null) {
				begin(begun);
			}
			if (reason != null) {
				request.accept(null, reason);
			}
		}
		if (present != null) {
			request.accept(present, null);
		}
	}

	private void begin(CompletableFuture<C> begun) {
		RedisConnections.on(begun, this::serve);
		try {
			this.connect.accept(begun);
		}
		catch (RuntimeException ex) {
			begun.completeExceptionally(RedisFailures.connecting(ex));
		}
	}

	/**
	 * Serves those who wait, one after the other, until nobody does.
	 */
	private void serve(@Nullable C made, @Nullable Throwable ex) {
		while (true) {
			BiConsumer<@Nullable C, @Nullable Throwable> next;
			this.lock.lock();
			try {
				next = this.waiting.poll();
				if (next == null) {
					this.ready = (this.closed == null) ? made : null;
					this.attempt = null;
					return;
				}
			}
			finally {
				this.lock.unlock();
			}
			next.accept(made, ex);
		}
	}

	/**
	 * Gives a connection up: the next request makes a new one.
	 * @return {@code false} if it is not the present one
	 */
	boolean forget(C connection) {
		this.lock.lock();
		try {
			if (this.ready != connection) {
				return false;
			}
			this.ready = null;
			return true;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Fails those who wait, and all who come from now on.
	 */
	void close(BackendException reason) {
		CompletableFuture<C> underWay;
		this.lock.lock();
		try {
			this.closed = reason;
			this.ready = null;
			underWay = this.attempt;
		}
		finally {
			this.lock.unlock();
		}
		if (underWay != null) {
			underWay.completeExceptionally(reason);
		}
	}

}
