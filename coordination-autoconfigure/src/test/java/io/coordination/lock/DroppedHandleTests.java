package io.coordination.lock;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Handles that nobody can reach any more, and grants that nobody took.
 */
class DroppedHandleTests extends EngineFixture {

	@Test
	void aHandleThatWasDroppedIsReleased() {
		now(ask(this.locks, SPEC));
		assertThat(isFree()).isFalse();
		Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> {
			System.gc();
			this.time.advance(Duration.ofMillis(500));
			return isFree();
		});
		assertThat(this.locks.held()).isEmpty();
	}

	@Test
	void aHandleOfSeveralLocksThatWasDroppedIsReleased() {
		now(ask(this.locks, LockSpec.ofAll("invoice:42", "invoice:43")));
		Awaitility.await().atMost(Duration.ofSeconds(15)).until(() -> {
			System.gc();
			this.time.advance(Duration.ofMillis(500));
			return isFree();
		});
	}

	@Test
	void aHandleThatIsReachableIsKept() {
		LockHandle handle = hold(this.locks);
		for (int i = 0; i < 5; i++) {
			System.gc();
			this.time.advance(Duration.ofMillis(500));
		}
		assertThat(isFree()).isFalse();
		assertThat(handle.release()).isTrue();
	}

	@Test
	void aGrantThatComesAfterCancellationIsReleased() {
		this.backend.network = FlakyBackendFactory.Network.HOLDS_ANSWERS;
		CompletableFuture<LockHandle> future = ask(this.locks, SPEC);
		this.backend.network = FlakyBackendFactory.Network.GOOD;
		future.cancel(false);
		assertThat(isFree()).as("granted in the store").isFalse();
		this.backend.deliver(this.backend.heldAnswers);
		assertThat(isFree()).isTrue();
	}

	@Test
	void aGrantPushedAfterCancellationIsReleased() {
		LockHandle other = hold(this.others);
		CompletableFuture<LockHandle> future = ask(this.locks, SPEC);
		this.backend.holdsPushes = true;
		this.backend.network = FlakyBackendFactory.Network.DOWN;
		future.cancel(false);
		other.close();
		this.backend.network = FlakyBackendFactory.Network.GOOD;
		this.backend.deliver(this.backend.heldPushes);
		this.time.advance(Duration.ofSeconds(1));
		assertThat(isFree()).isTrue();
	}

	@Test
	void aGrantIsGivenBackIfItsLastWaiterLeavesWhileItComes() {
		LockHandle other = hold(this.others);
		CompletableFuture<LockHandle> future = ask(this.locks, SPEC);
		this.time.onCancel(() -> future.cancel(false));
		other.close();
		assertThat(future).isCancelled();
		assertThat(isFree()).isTrue();
		assertThat(((DefaultLockRegistry) this.locks).gateCount()).isZero();
	}

	@Test
	void aHandleIsReleasedIfItsFutureIsCancelledWhileItComes() {
		LockHandle other = hold(this.others);
		CompletableFuture<LockHandle> future = ask(this.locks, SPEC);
		whenTheFutureIsAboutToBeCompleted(() -> future.cancel(false));
		other.close();
		Awaitility.await().until(future::isCancelled);
		Awaitility.await().until(this::isFree);
		assertThat(((DefaultLockRegistry) this.locks).gateCount()).isZero();
	}

	/**
	 * The thread that completes a future stops the timer of its wait time first.
	 */
	private void whenTheFutureIsAboutToBeCompleted(Runnable action) {
		this.time.onCancel(() -> {
			if (Thread.currentThread().getName().startsWith("coordination-async")) {
				action.run();
			}
			else {
				whenTheFutureIsAboutToBeCompleted(action);
			}
		});
	}

	@Test
	void aStopDoesNotWaitForALostLockWhoseHandleWasDropped() {
		now(ask(this.locks, SPEC));
		this.backend.forget(this.locks.held().iterator().next());
		this.time.advance(Duration.ofSeconds(11));
		assertThat(this.locks.held()).isEmpty();
		for (int i = 0; i < 10; i++) {
			System.gc();
			this.time.advance(Duration.ofSeconds(1));
		}
		long start = System.nanoTime();
		this.locks.stop(Duration.ofSeconds(4));
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
	}

}
