package io.coordination.lock;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import io.coordination.lock.event.LockEvent;
import io.coordination.lock.event.LockLost;
import io.coordination.lock.event.LockReleased;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Several locks together: sorted, all or none, one wait time, as good as the worst.
 */
class MultiLockTests extends EngineFixture {

	private static final LockSpec BOTH = LockSpec.ofAll("b", "a");

	@Test
	void twoCallersInOppositeOrderDoNotWaitForEachOther() {
		CompletableFuture<LockHandle> one = ask(this.locks, LockSpec.ofAll("a", "b").withUnboundedWait());
		CompletableFuture<LockHandle> two = ask(this.others, LockSpec.ofAll("b", "a").withUnboundedWait());
		now(one).close();
		now(two).close();
	}

	@Test
	void theWaitTimeIsSharedByAll() {
		LockHandle a = hold(this.others, LockSpec.of("a"));
		hold(this.others, LockSpec.of("b"));
		CompletableFuture<LockHandle> both = ask(this.locks, BOTH.withWaitTime(Duration.ofSeconds(4)));
		this.time.advance(Duration.ofSeconds(3));
		a.close();
		Awaitility.await().until(() -> this.locks.held().size() == 1);
		this.time.advance(Duration.ofMillis(1100));
		assertThatExceptionOfType(LockNotAcquiredException.class).isThrownBy(() -> now(both))
			.withMessageStartingWith("Lock 'b' not acquired");
	}

	@Test
	void membersAreReleasedLastFirst() {
		LockHandle both = now(ask(this.locks, BOTH));
		assertThat(both.release()).isTrue();
		assertThat(this.events.stream().filter(LockReleased.class::isInstance).map(LockEvent::name))
			.containsExactly("b", "a");
		assertThat(both.state()).isEqualTo(LockState.RELEASED);
	}

	@Test
	void aLostMemberIsTheStateOfAllAndTheOtherIsKeptUntilTheRelease() {
		LockHandle both = now(ask(this.locks, BOTH));
		List<LockLost> told = new CopyOnWriteArrayList<>();
		both.onLost(told::add);
		this.locks.held().stream().filter((lock) -> lock.name().equals("a")).forEach(this.backend::forget);
		this.time.advance(Duration.ofSeconds(11));
		assertThat(both.state()).isEqualTo(LockState.LOST);
		assertThat(both.remainingValidity()).isZero();
		assertThatExceptionOfType(LockLostException.class).isThrownBy(both::ensureHeld)
			.withMessageStartingWith("Lock 'a' lost");
		Awaitility.await().until(() -> told.size() == 1);
		assertThat(now(both.verify())).isFalse();
		assertThat(now(ask(this.others, LockSpec.of("a").withoutWaiting())).release()).isTrue();
		assertThatExceptionOfType(LockNotAcquiredException.class)
			.isThrownBy(() -> now(ask(this.others, LockSpec.of("b").withoutWaiting())));
		assertThat(both.release()).isFalse();
		now(ask(this.others, LockSpec.of("b").withoutWaiting())).close();
		assertThat(told).hasSize(1);
	}

	@Test
	void whatIsHeldIsRenewedWhileTheRestIsWaitedFor() {
		LockHandle b = hold(this.others, LockSpec.of("b"));
		CompletableFuture<LockHandle> both = ask(this.locks, BOTH.withUnboundedWait());
		this.time.advance(LEASE.multipliedBy(3));
		assertThat(both).isNotDone();
		assertThatExceptionOfType(LockNotAcquiredException.class)
			.isThrownBy(() -> now(ask(this.others, LockSpec.of("a").withoutWaiting())));
		b.close();
		assertThat(now(both).state()).isEqualTo(LockState.HELD);
	}

	@Test
	void aMemberLostDuringTheWaitEndsTheAcquisition() {
		hold(this.others, LockSpec.of("b"));
		CompletableFuture<LockHandle> both = ask(this.locks, BOTH.withUnboundedWait());
		Awaitility.await().until(() -> this.locks.held().size() == 1);
		this.backend.forget(this.locks.held().iterator().next());
		this.time.advance(Duration.ofSeconds(11));
		assertThatExceptionOfType(LockLostException.class).isThrownBy(() -> now(both))
			.withMessage("Lock 'a' was lost while others were waited for (a, b)");
		Awaitility.await().until(() -> ((DefaultLockRegistry) this.locks).gateCount() == 0);
	}

	@Test
	void aCancelledAcquisitionGivesBackWhatItGot() {
		hold(this.others, LockSpec.of("b"));
		CompletableFuture<LockHandle> both = ask(this.locks, BOTH.withUnboundedWait());
		both.cancel(false);
		Awaitility.await().until(() -> ((DefaultLockRegistry) this.locks).gateCount() == 0);
		now(ask(this.others, LockSpec.of("a").withoutWaiting())).close();
	}

	@Test
	void hasATokenForEachNameAndNoneForAll() {
		LockHandle both = now(ask(this.locks, BOTH));
		List<Long> tokens = new ArrayList<>(both.fencingTokens().values());
		assertThat(tokens).hasSize(2).allMatch((token) -> token > 0);
		assertThatIllegalStateException().isThrownBy(both::fencingToken)
			.withMessageContaining("(a, b)")
			.withMessageContaining("fencingTokens()");
		both.close();
	}

	@Test
	void tellsTheLeaseOfEachName() {
		LockHandle both = now(ask(this.locks, BOTH));
		assertThat(both.leases()).extracting((lease) -> lease.key().name()).containsExactly("a", "b");
		both.close();
		assertThatThrownBy(both::leases).isInstanceOf(LockLostException.class);
	}

}
