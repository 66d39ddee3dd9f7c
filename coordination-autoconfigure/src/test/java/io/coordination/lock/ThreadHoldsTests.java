package io.coordination.lock;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a thread is inside of, while other threads end its uses.
 */
class ThreadHoldsTests extends EngineFixture {

	private final ExecutorService otherThread = Executors.newSingleThreadExecutor();

	@AfterEach
	void stopThread() {
		this.otherThread.shutdownNow();
	}

	@Test
	void nothingRemainsOnAThreadWhoseUsesOthersEnded() throws Exception {
		ThreadHolds holds = new ThreadHolds();
		ThreadHolds.Entry entry = onOther(() -> holds.add(hold(this.locks)));
		assertThat(onOther(() -> holds.enterAgain("invoice:42"))).isSameAs(entry);
		entry.giveUp();
		assertThat(onOther(() -> holds.find("invoice:42"))).isSameAs(entry);
		entry.giveUp();
		assertThat(onOther(() -> holds.find("invoice:42") == null)).isTrue();
		assertThat(isFree()).isTrue();
	}

	@Test
	void anEntryThatOthersEndedLateTakesNothingFromItsSuccessor() throws Exception {
		ThreadHolds holds = new ThreadHolds();
		ThreadHolds.Entry first = onOther(() -> holds.add(hold(this.locks)));
		first.handle.close();
		ThreadHolds.Entry second = onOther(() -> holds.add(hold(this.locks)));
		assertThat(first.leave()).isTrue();
		assertThat(onOther(() -> holds.enterAgain("invoice:42"))).isSameAs(second);
	}

	@Test
	void usesThatEndOnSeveralThreadsAreAllCounted() throws Exception {
		ThreadHolds holds = new ThreadHolds();
		ThreadHolds.Entry entry = holds.add(hold(this.locks));
		int uses = 2_000_000;
		for (int i = 0; i < uses; i++) {
			holds.enterAgain("invoice:42");
		}
		CyclicBarrier start = new CyclicBarrier(2);
		Future<Integer> theirs = this.otherThread.submit(() -> {
			start.await();
			return ends(entry, uses / 2);
		});
		start.await();
		assertThat(ends(entry, uses / 2)).isZero();
		assertThat(theirs.get(10, TimeUnit.SECONDS)).isZero();
		assertThat(entry.leave()).isTrue();
	}

	private static int ends(ThreadHolds.Entry entry, int uses) {
		int last = 0;
		for (int i = 0; i < uses; i++) {
			last += entry.leave() ? 1 : 0;
		}
		return last;
	}

	private <T> T onOther(Callable<T> action) throws Exception {
		return now(CompletableFuture.supplyAsync(() -> {
			try {
				return action.call();
			}
			catch (RuntimeException ex) {
				throw ex;
			}
			catch (Exception ex) {
				throw new IllegalStateException(ex);
			}
		}, this.otherThread));
	}

}
