package io.coordination.memory;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;

import io.coordination.backend.Attempt;
import io.coordination.backend.BackendLease;
import io.coordination.backend.GrantListener;
import io.coordination.backend.LockKey;
import io.coordination.backend.LockRequest;
import io.coordination.backend.ManualTicker;
import io.coordination.backend.OwnerId;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

/**
 * Tests for {@link MemoryStore}: what it does at the very moment at which a time ends,
 * and what it remembers.
 */
class MemoryStoreTests {

	private static final Duration INSTANT = Duration.ofNanos(1);

	private static final Duration GRANT_LEASE = Duration.ofSeconds(3);

	private static final Duration PATIENCE = Duration.ofSeconds(2);

	private static final Duration ENDLESS = Duration.ofSeconds(Long.MAX_VALUE, 999_999_999);

	private static final LockKey KEY = new LockKey("test", "stock");

	private final ManualTicker ticker = new ManualTicker(42);

	private final MemoryStore store = new MemoryStore(this.ticker);

	private final List<String> news = new ArrayList<>();

	private final GrantListener channel = (lease, duration) -> this.news.add(lease.owner() + " for " + duration);

	@Test
	void leaseEndsAtTheMomentItWasGrantedFor() {
		BackendLease lease = acquire("a", Duration.ofSeconds(10));
		this.ticker.advance(Duration.ofSeconds(10).minus(INSTANT));
		assertThat(holds(lease)).isTrue();
		assertThat(busy("b").remaining()).isEqualTo(INSTANT);
		this.ticker.advance(INSTANT);
		assertThat(holds(lease)).isFalse();
		assertThat(this.store.release(lease, Duration.ZERO)).isFalse();
		acquire("b", Duration.ofSeconds(1));
	}

	@Test
	void keptKeyIsFreeAtTheMomentItWasKeptUntil() {
		this.store.release(acquire("a", Duration.ofSeconds(1)), Duration.ofSeconds(10));
		this.ticker.advance(Duration.ofSeconds(10).minus(INSTANT));
		assertThat(busy("b")).isEqualTo(new Attempt.Busy(1, INSTANT, null));
		this.ticker.advance(INSTANT);
		assertThat(acquire("b", Duration.ofSeconds(1)).revision()).isEqualTo(2);
	}

	@Test
	void waiterIsAliveUntilTwiceThePollIntervalHasPassed() {
		BackendLease held = acquire("a", ENDLESS);
		poll("b");
		this.ticker.advance(PATIENCE.minus(INSTANT));
		this.store.release(held, Duration.ZERO);
		assertThat(this.news).containsExactly("b for PT3S");
	}

	@Test
	void waiterIsDeadWhenTwiceThePollIntervalHasPassed() {
		BackendLease held = acquire("a", ENDLESS);
		poll("b");
		this.ticker.advance(PATIENCE);
		this.store.release(held, Duration.ZERO);
		assertThat(this.news).isEmpty();
		acquire("c", Duration.ofSeconds(1));
	}

	@Test
	void waiterThatPollsInTimeKeepsItsPlace() {
		BackendLease held = acquire("a", ENDLESS);
		poll("b");
		poll("c");
		this.ticker.advance(PATIENCE.minus(INSTANT));
		poll("c");
		poll("b");
		this.store.release(held, Duration.ZERO);
		assertThat(this.news).containsExactly("b for PT3S");
	}

	@Test
	void waiterThatPollsTooLateJoinsAtTheTail() {
		BackendLease held = acquire("a", ENDLESS);
		poll("b");
		this.ticker.advance(INSTANT);
		poll("c");
		this.ticker.advance(PATIENCE.minus(INSTANT));
		poll("b");
		this.store.release(held, Duration.ZERO);
		assertThat(this.news).containsExactly("c for PT3S");
	}

	@Test
	void handOffPopsTheDeadAndLeavesTheLiving() {
		BackendLease held = acquire("a", ENDLESS);
		for (int i = 0; i < 10_000; i++) {
			poll("dead-" + i);
		}
		this.ticker.advance(PATIENCE.minus(INSTANT));
		poll("b");
		poll("c");
		this.ticker.advance(INSTANT);
		this.store.release(held, Duration.ZERO);
		assertThat(this.news).containsExactly("b for PT3S");
		assertThat(this.store.withdraw(request("b", ENDLESS))).isTrue();
		assertThat(this.news).containsExactly("b for PT3S", "c for PT3S");
		assertThat(this.store.withdraw(request("c", ENDLESS))).isTrue();
		assertThat(this.news).hasSize(2);
		assertThat(this.store.size()).isZero();
	}

	@Test
	void waiterIsGrantedForTheGrantLease() {
		MemoryStore store = new MemoryStore(this.ticker, Duration.ofSeconds(7), Duration.ofSeconds(1),
				Duration.ofSeconds(5));
		BackendLease held = granted(store.tryAcquire(request("a", ENDLESS)));
		store.poll(request("b", ENDLESS), this.channel);
		store.release(held, Duration.ZERO);
		assertThat(this.news).containsExactly("b for PT7S");
		this.ticker.advance(Duration.ofSeconds(7).minus(INSTANT));
		assertThat(store.tryAcquire(request("c", ENDLESS))).isEqualTo(new Attempt.Busy(2, INSTANT, "b"));
		this.ticker.advance(INSTANT);
		assertThat(granted(store.tryAcquire(request("c", ENDLESS))).revision()).isEqualTo(3);
	}

	@Test
	void grantThatNobodyTookPassesToThePollerThatAsks() {
		BackendLease held = acquire("a", ENDLESS);
		poll("b");
		poll("c");
		this.store.release(held, Duration.ZERO);
		this.ticker.advance(GRANT_LEASE);
		assertThat(granted(this.store.poll(request("c", ENDLESS), this.channel)).revision()).isEqualTo(3);
		assertThat(this.store.withdraw(request("b", ENDLESS))).isFalse();
	}

	@Test
	void endlessLeaseHasNoEnd() {
		BackendLease lease = acquire("a", ENDLESS);
		this.ticker.advance(Duration.ofDays(36_500));
		assertThat(this.store.renew(List.of(lease), ENDLESS).kept()).containsExactly(lease.owner());
		assertThat(this.store.release(lease, ENDLESS)).isTrue();
		this.ticker.advance(Duration.ofDays(36_500));
		assertThat(busy("b").holder()).isNull();
	}

	@Test
	void revisionsGrowOverAllKeys() {
		assertThat(acquire("a", ENDLESS).revision()).isEqualTo(1);
		assertThat(granted(
				this.store.tryAcquire(LockRequest.exclusive(new LockKey("test", "other"), new OwnerId("b"), ENDLESS)))
			.revision()).isEqualTo(2);
	}

	@Test
	void keysThatAreGivenUpAreForgottenAtOnce() {
		BackendLease released = acquire("a", ENDLESS);
		assertThat(this.store.size()).isOne();
		this.store.release(released, Duration.ZERO);
		assertThat(this.store.size()).isZero();
		acquire("a", ENDLESS);
		poll("b");
		assertThat(this.store.withdraw(request("b", ENDLESS))).isFalse();
		assertThat(this.store.withdraw(request("a", ENDLESS))).isTrue();
		assertThat(this.store.size()).isZero();
	}

	@Test
	void keysThatEndedAreForgottenByTheNextRequestForAnyKey() {
		for (int i = 0; i < 100; i++) {
			this.store.tryAcquire(LockRequest.exclusive(new LockKey("test", "once-" + i), new OwnerId("a"),
					Duration.ofSeconds(1 + i % 2)));
		}
		acquire("a", Duration.ofSeconds(1));
		poll("b");
		assertThat(this.store.size()).isEqualTo(101);
		this.ticker.advance(Duration.ofSeconds(1));
		this.store.renew(List.of(), Duration.ZERO);
		assertThat(this.store.size()).isEqualTo(51);
		this.ticker.advance(Duration.ofSeconds(1));
		this.store.renew(List.of(), Duration.ZERO);
		assertThat(this.store.size()).isZero();
	}

	@Test
	void queueOutlivesTheLeaseAndIsForgottenWithItsLastWaiter() {
		acquire("a", Duration.ofSeconds(1));
		poll("b");
		this.ticker.advance(Duration.ofSeconds(1));
		BackendLease lease = acquire("c", Duration.ofMillis(500));
		this.ticker.advance(Duration.ofMillis(400));
		this.store.release(lease, Duration.ZERO);
		assertThat(this.news).containsExactly("b for PT3S");
		this.ticker.advance(GRANT_LEASE);
		this.store.renew(List.of(), Duration.ZERO);
		assertThat(this.store.size()).isZero();
	}

	@Test
	void revisionsGrowThoughTheKeyWasForgotten() {
		BackendLease lease = acquire("a", Duration.ofSeconds(1));
		this.ticker.advance(Duration.ofDays(1));
		this.store.renew(List.of(), Duration.ZERO);
		assertThat(this.store.size()).isZero();
		assertThat(acquire("a", ENDLESS).revision()).isGreaterThan(lease.revision());
	}

	@Test
	void twoStoresKnowNothingOfEachOther() {
		MemoryStore other = new MemoryStore(this.ticker);
		BackendLease lease = acquire("a", ENDLESS);
		assertThat(granted(other.tryAcquire(request("b", ENDLESS))).revision()).isEqualTo(lease.revision());
		assertThat(other.renew(List.of(lease), ENDLESS).lost()).containsExactly(lease.owner());
		assertThat(other.release(lease, Duration.ZERO)).isFalse();
		assertThat(holds(lease)).isTrue();
	}

	@Test
	void newsIsToldWhileTheStoreAnswersOthers() {
		BackendLease held = acquire("a", ENDLESS);
		this.store.poll(request("b", ENDLESS), (lease, duration) -> {
			boolean holds = CompletableFuture.supplyAsync(() -> holds(lease)).orTimeout(20, TimeUnit.SECONDS).join();
			this.news.add("b holds: " + holds);
		});
		this.store.release(held, Duration.ZERO);
		assertThat(this.news).containsExactly("b holds: true");
	}

	@Test
	void storeHasNoThread() {
		Set<Thread> before = Thread.getAllStackTraces().keySet();
		MemoryStore store = new MemoryStore();
		BackendLease lease = granted(store.tryAcquire(request("a", ENDLESS)));
		store.poll(request("b", ENDLESS), this.channel);
		store.release(lease, Duration.ZERO);
		assertThat(Thread.getAllStackTraces().keySet())
			.filteredOn((thread) -> thread.getName().contains("coordination"))
			.isSubsetOf(before);
	}

	@Test
	void timesAreChecked() {
		Duration second = Duration.ofSeconds(1);
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new MemoryStore(this.ticker, Duration.ofSeconds(2), second, second))
			.withMessage("'grantLease' must be longer than twice the 'pollInterval' of PT1S: PT2S");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new MemoryStore(this.ticker, Duration.ofSeconds(3), Duration.ZERO, second))
			.withMessage("'pollInterval' must be positive: PT0S");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new MemoryStore(this.ticker, Duration.ofSeconds(3), second, second.negated()))
			.withMessage("'requestTimeout' must be positive: PT-1S");
		assertThatNullPointerException().isThrownBy(() -> new MemoryStore(null)).withMessageContaining("'ticker'");
		assertThatNullPointerException().isThrownBy(() -> new MemoryLockBackendFactory(null))
			.withMessageContaining("'store'");
	}

	private BackendLease acquire(String owner, Duration lease) {
		return granted(this.store.tryAcquire(request(owner, lease)));
	}

	private Attempt.Busy busy(String owner) {
		Attempt attempt = this.store.tryAcquire(request(owner, ENDLESS));
		assertThat(attempt).isInstanceOf(Attempt.Busy.class);
		return (Attempt.Busy) attempt;
	}

	private void poll(String owner) {
		assertThat(this.store.poll(request(owner, ENDLESS), this.channel)).isInstanceOf(Attempt.Busy.class);
	}

	private boolean holds(BackendLease lease) {
		return this.store.renew(List.of(lease), Duration.ZERO).kept().contains(lease.owner());
	}

	private static LockRequest request(String owner, Duration lease) {
		return LockRequest.exclusive(KEY, new OwnerId(owner), lease);
	}

	private static BackendLease granted(Attempt attempt) {
		assertThat(attempt).isInstanceOf(Attempt.Granted.class);
		return ((Attempt.Granted) attempt).lease();
	}

}
