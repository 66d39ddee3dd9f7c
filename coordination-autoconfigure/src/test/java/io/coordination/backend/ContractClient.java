package io.coordination.backend;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A process as the contract sees it: one open backend and all that it hears. Waits for
 * answers, so that sentences read as if the store answered at once. Thread-safe.
 */
public final class ContractClient implements BackendListener, AutoCloseable {

	static final Duration LONG = Duration.ofMinutes(5);

	private static final Duration PATIENCE = Duration.ofSeconds(20);

	private final BlockingQueue<Stray> strays = new LinkedBlockingQueue<>();

	private final AtomicInteger disconnections = new AtomicInteger();

	private final AtomicInteger reconnections = new AtomicInteger();

	private final LockBackend backend;

	ContractClient(LockBackendFactory factory) {
		this.backend = factory.open(this);
	}

	/**
	 * Waits for an answer.
	 * @param <T> the type of the answer
	 * @param stage what will be completed with it
	 * @return the answer
	 */
	public static <T> T answer(CompletionStage<T> stage) {
		try {
			return stage.toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (ExecutionException ex) {
			throw new AssertionError("The store answered with a failure: " + ex.getCause(), ex.getCause());
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
	 * Waits for a request to fail, as every request does in the end.
	 * @param stage what will be completed with a failure
	 * @return the failure
	 */
	public static BackendException failure(CompletionStage<?> stage) {
		Object answer;
		try {
			answer = stage.toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (ExecutionException ex) {
			Throwable cause = (ex.getCause() instanceof CompletionException && ex.getCause().getCause() != null)
					? ex.getCause().getCause() : ex.getCause();
			assertThat(cause).isInstanceOf(BackendException.class);
			assertThat(cause.getMessage()).isNotBlank();
			return (BackendException) cause;
		}
		catch (TimeoutException ex) {
			throw new AssertionError("Neither an answer nor a failure within " + PATIENCE, ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new AssertionError("Interrupted", ex);
		}
		throw new AssertionError("A failure was expected, but the store answered " + answer);
	}

	/**
	 * The backend of this process.
	 * @return the open backend
	 */
	public LockBackend backend() {
		return this.backend;
	}

	Attempt tryAcquire(LockRequest request) {
		return answer(this.backend.tryAcquire(request));
	}

	BackendLease acquire(LockRequest request) {
		return granted(tryAcquire(request));
	}

	Attempt.Busy refused(LockRequest request) {
		return busy(tryAcquire(request));
	}

	ContractPlace enqueue(LockRequest request) {
		return new ContractPlace(this, request);
	}

	/**
	 * Joins the queue of a lock that is held.
	 */
	ContractPlace await(LockRequest request) {
		ContractPlace place = enqueue(request);
		busy(place.poll());
		return place;
	}

	boolean release(BackendLease lease) {
		return release(lease, Duration.ZERO);
	}

	boolean release(BackendLease lease, Duration keepFor) {
		return answer(this.backend.release(lease, keepFor));
	}

	boolean withdraw(LockRequest request) {
		return answer(this.backend.withdraw(request));
	}

	/**
	 * Renews one lease.
	 * @return whether it is still ours
	 */
	boolean renew(BackendLease lease, Duration duration) {
		Renewal renewal = answer(this.backend.renew(List.of(lease), duration));
		boolean kept = renewal.kept().contains(lease.owner());
		assertThat(renewal.lost().contains(lease.owner())).as("lost").isEqualTo(!kept);
		return kept;
	}

	/**
	 * Asks whether a lease is still ours, and changes nothing.
	 */
	boolean holds(BackendLease lease) {
		return renew(lease, Duration.ZERO);
	}

	/**
	 * Waits for news of a grant that nobody here waits for.
	 */
	Stray stray() throws InterruptedException {
		Stray stray = this.strays.poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
		assertThat(stray).as("stray grant").isNotNull();
		return stray;
	}

	boolean hasStray() {
		return !this.strays.isEmpty();
	}

	int disconnections() {
		return this.disconnections.get();
	}

	int reconnections() {
		return this.reconnections.get();
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
		this.disconnections.incrementAndGet();
	}

	@Override
	public void reconnected() {
		this.reconnections.incrementAndGet();
	}

	@Override
	public void strayGrant(LockKey key, OwnerId owner) {
		this.strays.add(new Stray(key, owner));
	}

	@Override
	public void close() {
		this.backend.close();
	}

	/**
	 * A grant that nobody waited for any more.
	 *
	 * @param key what was granted
	 * @param owner whom it was granted
	 */
	record Stray(LockKey key, OwnerId owner) {

	}

}
