package io.coordination.faults;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import io.coordination.lock.LockException;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockSpec;
import io.coordination.lock.ManagedLockRegistry;
import io.coordination.zookeeper.ZookeeperProxy;
import io.coordination.zookeeper.ZookeeperServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Faults at every point of an acquire: before the first message between client and
 * server, before the second, and so on until the acquire is over without the fault. One
 * of the two that contend is in this process, where it can be interrupted.
 */
@Tag("load")
class ZookeeperAcquireFaultTests {

	private static final Duration SESSION = Duration.ofSeconds(16);

	private static final Duration WAIT_TIME = Duration.ofSeconds(20);

	private static ZookeeperServer server;

	private static ZookeeperProxy proxy;

	private static ZookeeperPair pair;

	private static ManagedLockRegistry locks;

	@BeforeAll
	static void start() {
		server = ZookeeperServer.start();
		proxy = server.newProxy();
		pair = new ZookeeperPair(server, SESSION, server.address());
		locks = ZookeeperWorker.open(proxy.address(), SESSION, pair.namespace());
	}

	@AfterAll
	static void stop() {
		locks.close();
		pair.close();
		proxy.close();
		server.close();
	}

	enum At {

		/** The thread is interrupted, and the message goes on. */
		INTERRUPT,

		/** The thread is interrupted, and the message goes on when acquire has ended. */
		INTERRUPT_FIRST,

		/** The connection breaks, and the message is lost. */
		CUT

	}

	/**
	 * At least so many messages: a request and an answer each for the node and for the
	 * line, and where somebody waits, for the watch, and what comes of it.
	 */
	@ParameterizedTest
	@CsvSource({ "INTERRUPT, false, 4", "INTERRUPT, true, 7", "INTERRUPT_FIRST, false, 4", "INTERRUPT_FIRST, true, 7",
			"CUT, false, 4", "CUT, true, 7" })
	void faultAtAnyPointOfAnAcquireLeavesNoNodeAndStopsNobody(At fault, boolean held, int messages) throws Exception {
		int point = 1;
		while (new Round(fault, point, held).happens()) {
			point++;
		}
		System.out.println(fault + (held ? ", held" : ", free") + ": points " + (point - 1));
		assertThat(point).isGreaterThan(messages);
		assertThat(pair.violations()).isEmpty();
	}

	/**
	 * One acquire, with a fault before one message.
	 */
	private static final class Round {

		private final AtomicInteger messages = new AtomicInteger();

		private final AtomicBoolean happened = new AtomicBoolean();

		private final CompletableFuture<String> outcome = new CompletableFuture<>();

		private final Thread thread = new Thread(this::acquire, "acquirer");

		/** Whether the lock was acquired, so that messages are of something else. */
		private volatile boolean over;

		private final At fault;

		private final int point;

		private final boolean held;

		Round(At fault, int point, boolean held) {
			this.fault = fault;
			this.point = point;
			this.held = held;
		}

		/**
		 * Whether the acquire went as far as to the fault.
		 */
		boolean happens() throws Exception {
			if (this.held) {
				pair.hold(pair.b());
			}
			proxy.beforeEach(this::spoil);
			this.thread.start();
			if (this.held) {
				ZookeeperPair.patiently()
					.until(() -> this.happened.get() || this.outcome.isDone()
							|| pair.nodes(ZookeeperPair.STEADY).size() > 1);
				if (this.happened.get() && this.fault != At.CUT) {
					this.outcome.get(5, TimeUnit.SECONDS);
				}
				pair.release(pair.b());
			}
			String outcome = this.outcome.get(WAIT_TIME.toSeconds() + 5, TimeUnit.SECONDS);
			proxy.beforeEach(() -> {
			});
			this.thread.join();
			if (!this.happened.get()) {
				assertThat(outcome).isEqualTo("acquired");
			}
			else if (this.fault != At.CUT) {
				assertThat(outcome).as("interrupted at %d", this.point).isIn("interrupted", "acquired, interrupted");
			}
			ZookeeperPair.patiently().until(() -> pair.nodes(ZookeeperPair.STEADY).isEmpty());
			pair.hold(pair.b());
			pair.release(pair.b());
			ZookeeperPair.patiently()
				.ignoreExceptions()
				.until(() -> locks.check().toCompletableFuture().get().isEmpty());
			return this.happened.get();
		}

		private void spoil() {
			if (this.over || this.messages.incrementAndGet() != this.point) {
				return;
			}
			this.happened.set(true);
			if (this.fault == At.CUT) {
				proxy.cut();
				return;
			}
			this.thread.interrupt();
			if (this.fault == At.INTERRUPT_FIRST) {
				// Not for ever: what is checked is that the acquire ends
				this.outcome.completeOnTimeout("stuck", 3, TimeUnit.SECONDS).join();
			}
		}

		private void acquire() {
			try (LockHandle handle = locks.acquire(LockSpec.of(ZookeeperPair.STEADY).withWaitTime(WAIT_TIME));
					Witness witness = pair.newWitness("acquirer")) {
				this.over = true;
				boolean interrupted = Thread.interrupted();
				witness.visit(ZookeeperPair.STEADY, handle.fencingToken());
				handle.release();
				this.outcome.complete(interrupted ? "acquired, interrupted" : "acquired");
			}
			catch (InterruptedException ex) {
				this.outcome.complete("interrupted");
			}
			catch (LockException ex) {
				this.outcome.complete(ex.toString());
			}
			catch (RuntimeException | Error ex) {
				this.outcome.completeExceptionally(ex);
			}
		}

	}

}
