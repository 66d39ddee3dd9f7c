package io.coordination.lock;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.junit.jupiter.api.Test;

import io.coordination.lock.event.LockEvent;
import io.coordination.lock.event.LockUncertain;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The order in which listeners are told of a lock, whatever the time they take.
 */
class EventOrderTests extends EngineFixture {

	private final CountDownLatch lost = new CountDownLatch(1);

	private final CountDownLatch called = new CountDownLatch(1);

	private final CompletableFuture<Void> uncertain = new CompletableFuture<>();

	private final CompletableFuture<Boolean> overtaken = new CompletableFuture<>();

	@Test
	void aLossIsToldAfterTheUncertaintyAndItsCallbacksWaitForNoListener() throws Exception {
		try (ManagedLockRegistry registry = builder(this.backend).lossListener(this::listen).build()) {
			LockHandle handle = hold(registry);
			handle.onLost((event) -> this.called.countDown());
			this.backend.network = FlakyBackendFactory.Network.DOWN;
			this.time.advance(LEASE.dividedBy(2).plusSeconds(2));
			get(this.uncertain);
			this.time.advance(LEASE);
			assertThat(get(this.overtaken)).as("told of the loss while a listener was busy with what came before")
				.isFalse();
			assertThat(this.lost.await(10, TimeUnit.SECONDS)).isTrue();
		}
	}

	private void listen(LockEvent event) {
		if (!(event instanceof LockUncertain)) {
			this.lost.countDown();
			return;
		}
		this.uncertain.complete(null);
		try {
			if (!this.called.await(10, TimeUnit.SECONDS)) {
				this.overtaken.completeExceptionally(new TimeoutException("the callback waited for the listener"));
			}
			this.overtaken.complete(this.lost.await(300, TimeUnit.MILLISECONDS));
		}
		catch (InterruptedException ex) {
			this.overtaken.completeExceptionally(ex);
		}
	}

	private static <T> T get(CompletableFuture<T> future) throws Exception {
		return future.get(20, TimeUnit.SECONDS);
	}

}
