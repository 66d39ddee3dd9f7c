package io.coordination.redis;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingDeque;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.jspecify.annotations.Nullable;

import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.coordination.backend.Attempt;
import io.coordination.backend.BackendException;
import io.coordination.backend.BackendLease;
import io.coordination.backend.BackendListener;
import io.coordination.backend.LockBackend;
import io.coordination.backend.LockKey;
import io.coordination.backend.LockRequest;
import io.coordination.backend.OwnerId;
import io.coordination.backend.Renewal;
import io.coordination.backend.Waiting;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A process that keeps locks in Redis, below the engine: one open backend and what it
 * hears. Waits for answers. Closes what it opened.
 */
final class RedisProcess implements BackendListener, AutoCloseable {

	private static final Duration PATIENCE = Duration.ofSeconds(20);

	private final BlockingQueue<OwnerId> strays = new LinkedBlockingQueue<>();

	private final LettuceConnectionFactory connections;

	private final LockBackend backend;

	/**
	 * Starts a process.
	 * @param connections the application's connections, destroyed when this is closed
	 * @param settings the times
	 */
	RedisProcess(LettuceConnectionFactory connections, RedisLockSettings settings) {
		this.connections = connections;
		this.backend = new RedisLockBackendFactory(connections, settings).open(this);
	}

	LockBackend backend() {
		return this.backend;
	}

	Attempt tryAcquire(LockRequest request) {
		return answer(this.backend.tryAcquire(request));
	}

	BackendLease acquire(LockRequest request) {
		return granted(tryAcquire(request));
	}

	Place enqueue(LockRequest request) {
		return new Place(this, request);
	}

	/**
	 * Joins the queue of a lock that is held.
	 */
	Place await(LockRequest request) {
		Place place = enqueue(request);
		place.pollInVain();
		return place;
	}

	boolean release(BackendLease lease) {
		return answer(this.backend.release(lease, Duration.ZERO));
	}

	boolean renew(BackendLease lease, Duration duration) {
		Renewal renewal = answer(this.backend.renew(List.of(lease), duration));
		assertThat(renewal.kept().size() + renewal.lost().size()).isOne();
		return renewal.kept().contains(lease.owner());
	}

	boolean withdraw(LockRequest request) {
		return answer(this.backend.withdraw(request));
	}

	@Nullable OwnerId stray(Duration within) throws InterruptedException {
		return this.strays.poll(within.toMillis(), TimeUnit.MILLISECONDS);
	}

	static <T> T answer(CompletionStage<T> stage) {
		try {
			return stage.toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (ExecutionException ex) {
			throw new AssertionError("Redis answered with a failure: " + ex.getCause(), ex.getCause());
		}
		catch (TimeoutException ex) {
			throw new AssertionError("No answer within " + PATIENCE, ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new AssertionError("Interrupted", ex);
		}
	}

	/**
	 * Waits for the failure of a request.
	 */
	static BackendException failure(CompletionStage<?> stage) {
		try {
			Object answer = stage.toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
			throw new AssertionError("No failure, but " + answer);
		}
		catch (ExecutionException ex) {
			assertThat(ex.getCause()).isInstanceOf(BackendException.class);
			return (BackendException) ex.getCause();
		}
		catch (TimeoutException ex) {
			throw new AssertionError("No answer within " + PATIENCE, ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new AssertionError("Interrupted", ex);
		}
	}

	static BackendLease granted(Attempt attempt) {
		assertThat(attempt).isInstanceOf(Attempt.Granted.class);
		return ((Attempt.Granted) attempt).lease();
	}

	static Attempt.Busy busy(Attempt attempt) {
		assertThat(attempt).isInstanceOf(Attempt.Busy.class);
		return (Attempt.Busy) attempt;
	}

	@Override
	public void disconnected() {
	}

	@Override
	public void reconnected() {
	}

	@Override
	public void strayGrant(LockKey key, OwnerId owner) {
		this.strays.add(owner);
	}

	@Override
	public void close() {
		this.backend.close();
		this.connections.destroy();
	}

	/**
	 * A place in the queue, and what was pushed to it.
	 */
	static final class Place {

		private final BlockingDeque<BackendLease> pushes = new LinkedBlockingDeque<>();

		private final Waiting waiting;

		private volatile Duration lastDuration = Duration.ZERO;

		Place(RedisProcess process, LockRequest request) {
			this.waiting = process.backend.enqueue(request, (lease, duration) -> {
				this.lastDuration = duration;
				this.pushes.add(lease);
			});
		}

		Waiting waiting() {
			return this.waiting;
		}

		LockRequest request() {
			return this.waiting.request();
		}

		Attempt poll() {
			return answer(this.waiting.poll());
		}

		void pollInVain() {
			busy(poll());
		}

		/**
		 * Waits for a push. Also a test of the news itself: nobody polls meanwhile.
		 */
		BackendLease pushed() throws InterruptedException {
			BackendLease lease = this.pushes.poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
			assertThat(lease).as("push to " + request().owner()).isNotNull();
			assertThat(lease.owner()).isEqualTo(request().owner());
			assertThat(lease.key()).isEqualTo(request().key());
			return lease;
		}

		/**
		 * Waits a while for a push, and leaves it where it is.
		 */
		boolean isPushed(Duration within) throws InterruptedException {
			BackendLease lease = this.pushes.pollFirst(within.toMillis(), TimeUnit.MILLISECONDS);
			if (lease != null) {
				this.pushes.addFirst(lease);
			}
			return lease != null;
		}

		Duration lastDuration() {
			return this.lastDuration;
		}

		boolean isPushed() {
			return !this.pushes.isEmpty();
		}

	}

}
