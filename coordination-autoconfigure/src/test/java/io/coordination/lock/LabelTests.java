package io.coordination.lock;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import io.coordination.lock.event.LockAcquired;
import io.coordination.lock.event.LockEvent;
import io.coordination.lock.event.LockLost;
import io.coordination.lock.event.LockRefused;
import io.coordination.lock.event.LockReleased;
import io.coordination.lock.event.LockUncertain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.tuple;

/**
 * What locks are counted under: each event has the label of the caller it is about.
 */
class LabelTests extends EngineFixture {

	private static final LockSpec LABELLED = SPEC.withLabel("invoice");

	@Test
	void aLockHasNoLabelUnlessItIsGivenOne() {
		hold(this.locks).close();
		assertThat(this.events).hasSize(2).allSatisfy((event) -> assertThat(event.label()).isNull());
	}

	@Test
	void whatHappensToAHolderHasItsLabel() {
		hold(this.locks, LABELLED).close();
		assertEvents(LockAcquired.class, LockReleased.class);
	}

	@Test
	void aRefusalHasTheLabelOfWhoWasRefused() {
		hold(this.others);
		assertThat(ask(this.locks, LABELLED.withoutWaiting())).isCompletedExceptionally();
		ask(this.locks, LABELLED).cancel(true);
		this.backend.network = FlakyBackendFactory.Network.DOWN;
		assertThat(ask(this.locks, LABELLED.withoutWaiting())).isCompletedExceptionally();
		assertEvents(LockRefused.class, LockRefused.class, LockRefused.class);
	}

	@Test
	void aRefusalOfAWaitingThreadHasItsLabel() throws InterruptedException {
		hold(this.others);
		assertThat(this.locks.tryAcquire(LABELLED.withoutWaiting())).isEmpty();
		assertEvents(LockRefused.class);
	}

	@Test
	void aLossHasTheLabelOfTheHolder() {
		hold(this.locks, LABELLED);
		this.backend.network = FlakyBackendFactory.Network.DOWN;
		this.time.advance(LEASE.dividedBy(2).plusSeconds(2));
		Awaitility.await().until(() -> this.events.size() == 2);
		this.time.advance(LEASE);
		Awaitility.await().until(() -> this.events.size() == 3);
		assertEvents(LockAcquired.class, LockUncertain.class, LockLost.class);
	}

	@Test
	void aLossThatTheReleaseFindsHasTheLabelOfTheHolder() {
		LockHandle handle = hold(this.locks, LABELLED);
		this.backend.forget(this.locks.held().iterator().next());
		assertThat(handle.release()).isFalse();
		Awaitility.await().until(() -> this.events.size() == 2);
		assertEvents(LockAcquired.class, LockLost.class);
	}

	@Test
	void eachHolderOfAGrantThatIsPassedOnHasItsOwnLabel() {
		LockHandle first = hold(this.locks, SPEC.withLabel("first"));
		CompletableFuture<LockHandle> second = ask(this.locks, SPEC.withLabel("second"));
		first.close();
		now(second).close();
		assertThat(labels(LockAcquired.class)).containsExactly("first", "second");
		assertThat(labels(LockReleased.class)).containsExactly("first", "second");
	}

	@Test
	void severalLocksHaveTheirCommonLabelOrTheirOwn() {
		now(ask(this.locks, LockSpec.ofAll("a", "b", "c").withLabel("all").withLabel("b", "other"))).close();
		assertThat(this.events).filteredOn(LockAcquired.class::isInstance)
			.extracting(LockEvent::name, LockEvent::label)
			.containsExactly(tuple("a", "all"), tuple("b", "other"), tuple("c", "all"));
	}

	@Test
	void whatIsMissingOfSeveralKeepsItsLabels() throws InterruptedException {
		LockSpec both = LockSpec.ofAll("a", "b").withLabel("all").withLabel("b", "other");
		this.locks.execute(LockSpec.of("a"), (outer) -> this.locks.execute(both, (inner) -> null));
		assertThat(this.events).filteredOn(LockAcquired.class::isInstance)
			.extracting(LockEvent::name, LockEvent::label)
			.containsExactly(tuple("a", null), tuple("b", "other"));
	}

	@Test
	void aLabelStaysWhateverElseIsSet() {
		LockSpec spec = LABELLED.withLabel("invoice:42", "own")
			.withLeaseTime(LEASE)
			.withMaxHoldTime(LEASE)
			.withMinHoldTime(LEASE)
			.withRenewal(true)
			.withInterruptOnLoss()
			.withoutWaiting();
		assertThat(spec.label()).isEqualTo("invoice");
		assertThat(spec.labels()).isEqualTo(Map.of("invoice:42", "own"));
		assertThat(spec.withLabel("again").label("invoice:42")).isEqualTo("again");
	}

	@Test
	void aLabelIsNotBlankAndIsForANameThatThereIs() {
		assertThatIllegalArgumentException().isThrownBy(() -> SPEC.withLabel(" "))
			.withMessage("'label' must not be blank");
		assertThatIllegalArgumentException().isThrownBy(() -> SPEC.withLabel("invoice:42", ""))
			.withMessage("'label' must not be blank");
		assertThatIllegalArgumentException().isThrownBy(() -> SPEC.withLabel("invoice:43", "invoice"))
			.withMessage("'name' must be one of [invoice:42]: invoice:43");
	}

	@Test
	void whoWantsToKnowOfLossesAloneIsToldOfNothingElse() {
		List<LockEvent> losses = new CopyOnWriteArrayList<>();
		List<LockEvent> more = new CopyOnWriteArrayList<>();
		try (ManagedLockRegistry registry = builder(this.backend).lossListener(losses::add).lossListener((event) -> {
			throw new IllegalStateException("of the listener");
		}).lossListener(more::add).build()) {
			hold(registry).close();
			assertThat(losses).isEmpty();
			hold(registry);
			this.backend.network = FlakyBackendFactory.Network.DOWN;
			this.time.advance(LEASE.dividedBy(2).plusSeconds(2));
			Awaitility.await().until(() -> more.size() == 1);
			this.time.advance(LEASE);
			Awaitility.await().until(() -> more.size() == 2);
			assertThat(losses).hasExactlyElementsOfTypes(LockUncertain.class, LockLost.class).isEqualTo(more);
		}
	}

	private List<@Nullable String> labels(Class<? extends LockEvent> type) {
		return this.events.stream().filter(type::isInstance).<@Nullable String>map(LockEvent::label).toList();
	}

	private void assertEvents(Class<?>... types) {
		assertThat(this.events).hasExactlyElementsOfTypes(types)
			.allSatisfy((event) -> assertThat(event.label()).isEqualTo("invoice"));
	}

}
