package io.coordination.lock;

import java.time.Duration;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Lock;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.coordination.lock.event.LockAcquired;
import io.coordination.lock.event.LockEvent;
import io.coordination.lock.event.LockRefused;
import io.coordination.lock.event.LockReleased;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Interrupts: of waiting threads, at a release, and by choice when a lock is lost.
 */
class InterruptTests extends EngineFixture {

	private final CompletableFuture<Thread> worker = new CompletableFuture<>();

	private final ExecutorService executor = Executors.newSingleThreadExecutor();

	@AfterEach
	void stopThread() {
		this.executor.shutdownNow();
	}

	@Test
	void anInterruptedWaitEndsAndLeavesNothingBehind() {
		LockHandle other = hold(this.others);
		Future<LockHandle> waiting = this.executor.submit(() -> {
			this.worker.complete(Thread.currentThread());
			return this.locks.acquire(SPEC.withUnboundedWait());
		});
		interruptWhenWaiting();
		assertThatThrownBy(waiting::get).hasCauseInstanceOf(InterruptedException.class);
		other.close();
		assertThat(isFree()).isTrue();
		assertThat(((DefaultLockRegistry) this.locks).gateCount()).isZero();
	}

	@Test
	void anInterruptThatMeetsTheGrantLeavesNoReleaseWithoutAnAcquisition() throws Exception {
		CyclicBarrier together = new CyclicBarrier(2);
		for (int i = 0; i < 300; i++) {
			LockHandle first = hold(this.locks);
			CompletableFuture<Thread> waiter = new CompletableFuture<>();
			Future<?> waiting = this.executor.submit(() -> {
				waiter.complete(Thread.currentThread());
				this.locks.acquire(SPEC.withUnboundedWait()).close();
				return null;
			});
			Thread thread = waiter.join();
			Thread interrupter = new Thread(() -> {
				meet(together);
				thread.interrupt();
			});
			interrupter.start();
			Awaitility.await().pollDelay(Duration.ZERO).until(() -> waitingHere() == 1);
			meet(together);
			first.close();
			interrupter.join();
			try {
				waiting.get(10, TimeUnit.SECONDS);
			}
			catch (ExecutionException ex) {
				assertThat(ex).hasCauseInstanceOf(InterruptedException.class);
			}
			this.executor.submit(Thread::interrupted).get();
		}
		Awaitility.await().until(() -> ((DefaultLockRegistry) this.locks).gateCount() == 0);
		assertThat(count(LockAcquired.class)).isEqualTo(count(LockReleased.class));
		assertThat(count(LockAcquired.class) + count(LockRefused.class)).isEqualTo(600);
	}

	private int waitingHere() {
		return this.locks.held().stream().mapToInt(HeldLock::waitersHere).sum();
	}

	private long count(Class<? extends LockEvent> type) {
		return this.events.stream().filter(type::isInstance).count();
	}

	private static void meet(CyclicBarrier barrier) {
		try {
			barrier.await(10, TimeUnit.SECONDS);
		}
		catch (InterruptedException | BrokenBarrierException | TimeoutException ex) {
			throw new AssertionError(ex);
		}
	}

	@Test
	void anInterruptedWaitForSeveralGivesBackWhatItGot() {
		hold(this.others, LockSpec.of("b"));
		Future<LockHandle> waiting = this.executor.submit(() -> {
			this.worker.complete(Thread.currentThread());
			return this.locks.acquire(LockSpec.ofAll("a", "b").withUnboundedWait());
		});
		Awaitility.await().until(() -> this.locks.held().size() == 1);
		this.worker.join().interrupt();
		assertThatThrownBy(waiting::get).hasCauseInstanceOf(InterruptedException.class);
		Awaitility.await().until(() -> ((DefaultLockRegistry) this.locks).gateCount() == 0);
		now(ask(this.others, LockSpec.of("a").withoutWaiting())).close();
	}

	@Test
	void lockIsNotStoppedByAnInterruptAndKeepsIt() throws Exception {
		LockHandle other = hold(this.others);
		Lock lock = this.locks.asLock(SPEC.names().get(0));
		Future<Boolean> waiting = this.executor.submit(() -> {
			this.worker.complete(Thread.currentThread());
			lock.lock();
			try {
				return Thread.interrupted();
			}
			finally {
				lock.unlock();
			}
		});
		interruptWhenWaiting();
		Awaitility.await().until(() -> !this.worker.join().isInterrupted());
		other.close();
		assertThat(waiting.get(10, TimeUnit.SECONDS)).isTrue();
		assertThat(isFree()).isTrue();
	}

	@Test
	void anInterruptedThreadReleasesAllTheSameAndStaysInterrupted() throws Exception {
		LockHandle handle = hold(this.locks);
		Future<Boolean> released = this.executor.submit(() -> {
			Thread.currentThread().interrupt();
			return handle.release() && Thread.interrupted();
		});
		assertThat(released.get(10, TimeUnit.SECONDS)).isTrue();
		assertThat(isFree()).isTrue();
	}

	@Test
	void aThreadThatIsInterruptedAlreadyAsksForNothing() throws Exception {
		int before = this.backend.requests.get();
		Future<LockHandle> waiting = this.executor.submit(() -> {
			Thread.currentThread().interrupt();
			return this.locks.acquire(SPEC);
		});
		assertThatThrownBy(waiting::get).hasCauseInstanceOf(InterruptedException.class);
		assertThat(this.backend.requests).hasValue(before);
	}

	@Test
	void aLossInterruptsTheActionThatAskedForIt() {
		CountDownLatch never = new CountDownLatch(1);
		Future<String> action = this.executor.submit(() -> this.locks.execute(SPEC.withInterruptOnLoss(), (lock) -> {
			this.worker.complete(Thread.currentThread());
			try {
				never.await();
				return "not interrupted";
			}
			catch (InterruptedException ex) {
				return "interrupted";
			}
		}));
		this.worker.join();
		this.time.pause(LEASE.plusSeconds(1));
		assertThatThrownBy(() -> action.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(LockLostException.class);
		assertThat(this.worker.join().isInterrupted()).isFalse();
	}

	@Test
	void aLossThatComesAfterTheActionInterruptsNobody() throws Exception {
		CompletableFuture<LockHandle> kept = new CompletableFuture<>();
		Future<Boolean> action = this.executor.submit(() -> {
			this.locks.execute(SPEC.withInterruptOnLoss(), (lock) -> {
				kept.complete(lock);
				return null;
			});
			this.time.pause(LEASE.plusSeconds(1));
			return Thread.currentThread().isInterrupted();
		});
		assertThat(action.get(10, TimeUnit.SECONDS)).isFalse();
		assertThat(kept.join().state()).isEqualTo(LockState.RELEASED);
	}

	@Test
	void aLossBetweenTheActionAndTheReleaseInterruptsNobody() {
		LossInterrupt interrupt = new LossInterrupt(hold(this.locks), Thread.currentThread());
		interrupt.end();
		this.time.pause(LEASE.plusSeconds(1));
		this.locks.close();
		assertThat(Thread.interrupted()).isFalse();
	}

	@Test
	void anInterruptOfTheLossIsNotLeftOnTheThread() throws Exception {
		Future<Boolean> action = this.executor.submit(() -> {
			try {
				this.locks.execute(SPEC.withInterruptOnLoss(), (lock) -> {
					this.time.pause(LEASE.plusSeconds(1));
					Awaitility.await()
						.pollInSameThread()
						.ignoreExceptions()
						.until(() -> Thread.currentThread().isInterrupted());
					return null;
				});
			}
			catch (LockLostException ex) {
				return Thread.currentThread().isInterrupted();
			}
			return true;
		});
		assertThat(action.get(20, TimeUnit.SECONDS)).isFalse();
	}

	private void interruptWhenWaiting() {
		Thread thread = this.worker.join();
		Awaitility.await()
			.atMost(Duration.ofSeconds(10))
			.until(() -> thread.getState() == Thread.State.WAITING || thread.getState() == Thread.State.TIMED_WAITING);
		thread.interrupt();
	}

	@Test
	void aReentrantCallThatAsksForItIsInterruptedOnLoss() {
		CountDownLatch never = new CountDownLatch(1);
		assertThatExceptionOfType(LockLostException.class).isThrownBy(() -> this.locks.execute(SPEC, (outer) -> {
			assertThatExceptionOfType(InterruptedException.class)
				.isThrownBy(() -> this.locks.execute(SPEC.withInterruptOnLoss(), (inner) -> {
					this.backend.forget(this.locks.held().iterator().next());
					this.time.advance(Duration.ofSeconds(11));
					return never.await(10, TimeUnit.SECONDS);
				}));
			return null;
		}));
	}

}
