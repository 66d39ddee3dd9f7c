package io.coordination.zookeeper;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.jspecify.annotations.Nullable;

import io.coordination.backend.BackendException;

/**
 * A request of the engine that is not answered yet. It is answered once: by what becomes
 * of it, by the end of its time, or by the end of the connection.
 *
 * @param <T> the type of the answer
 */
final class Pending<T> {

	private final CompletableFuture<T> answer = new CompletableFuture<>();

	private volatile boolean sent;

	/**
	 * Fails the request when its time is over.
	 */
	CompletionStage<T> within(Duration timeout) {
		return this.answer.orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS).handle((value, ex) -> {
			if (ex == null) {
				return value;
			}
			throw (ex instanceof TimeoutException) ? (this.sent ? ZookeeperFailures.silent(timeout.toMillis() + " ms")
					: ZookeeperFailures.notReached()) : ZookeeperFailures.of(ex);
		});
	}

	/**
	 * From now on nobody knows whether it has an effect until it is answered.
	 */
	void sending() {
		this.sent = true;
	}

	boolean wasSent() {
		return this.sent;
	}

	boolean isOver() {
		return this.answer.isDone();
	}

	void whenOver(Runnable action) {
		CompletionStage<T> over = this.answer;
		over.whenComplete((value, ex) -> action.run());
	}

	void end(@Nullable T value, @Nullable Throwable ex) {
		if (ex != null) {
			fail(ZookeeperFailures.of(ex));
		}
		else {
			this.answer.complete(value);
		}
	}

	void fail(BackendException failure) {
		this.answer.completeExceptionally(failure);
	}

}
