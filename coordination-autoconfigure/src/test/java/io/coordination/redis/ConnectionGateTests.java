package io.coordination.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import io.coordination.backend.BackendException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Requests that wait for a connection.
 */
class ConnectionGateTests {

	private final List<CompletableFuture<String>> attempts = new ArrayList<>();

	private final ConnectionGate<String> gate = new ConnectionGate<>(this.attempts::add);

	private final List<String> served = new ArrayList<>();

	@Test
	void theFirstRequestConnectsAndAllGoThroughInOrder() {
		for (int i = 0; i < 100_000; i++) {
			enter("" + i);
		}
		assertThat(this.attempts).hasSize(1);
		assertThat(this.served).isEmpty();
		this.attempts.get(0).complete("connection");
		assertThat(this.served).hasSize(100_000)
			.startsWith("0 connection", "1 connection")
			.endsWith("99999 connection");
		enter("next");
		assertThat(this.served).endsWith("next connection");
		assertThat(this.attempts).hasSize(1);
	}

	@Test
	void aRequestThatComesWhileOthersAreServedWaitsBehindThem() {
		this.gate.enter((connection, ex) -> {
			note("a", connection, ex);
			enter("c");
		});
		enter("b");
		this.attempts.get(0).complete("connection");
		assertThat(this.served).containsExactly("a connection", "b connection", "c connection");
	}

	@Test
	void aFailedAttemptFailsThoseWhoWaitedAndIsMadeAnewForTheNext() {
		enter("a");
		enter("b");
		this.attempts.get(0).completeExceptionally(new BackendException("refused", false, null));
		assertThat(this.served).containsExactly("a refused", "b refused");
		enter("c");
		this.attempts.get(1).complete("connection");
		assertThat(this.served).endsWith("c connection");
	}

	@Test
	void aConnectionThatIsForgottenIsMadeAnew() {
		enter("a");
		this.attempts.get(0).complete("first");
		assertThat(this.gate.forget("other")).isFalse();
		assertThat(this.gate.forget("first")).isTrue();
		enter("b");
		this.attempts.get(1).complete("second");
		assertThat(this.served).containsExactly("a first", "b second");
	}

	@Test
	void aClosedGateLetsNobodyWait() {
		enter("a");
		this.gate.close(new BackendException("closed", false, null));
		enter("b");
		this.attempts.get(0).complete("too late");
		enter("c");
		assertThat(this.served).containsExactly("a closed", "b closed", "c closed");
		assertThat(this.attempts).hasSize(1);
	}

	private void enter(String name) {
		this.gate.enter((connection, ex) -> note(name, connection, ex));
	}

	private void note(String name, @Nullable String connection, @Nullable Throwable ex) {
		this.served.add(name + " " + ((ex != null) ? ex.getMessage() : connection));
	}

}
