package io.coordination.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

import org.junit.jupiter.api.Test;

import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.coordination.backend.BackendException;
import io.coordination.backend.BackendListener;
import io.coordination.backend.LockKey;
import io.coordination.backend.OwnerId;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Requests that the client never answers.
 */
class UnansweredRequestsTests extends RedisFixture implements BackendListener {

	private final BackendException unknown = new BackendException("unknown", true, null);

	private final BackendException tooLate = new BackendException("too late", false, null);

	@Test
	void requestThatTheClientForgotFailsAtClose() {
		RedisConnections connections = connections();
		CompletionStage<String> forgotten = connections.send((commands) -> new CompletableFuture<>());
		RedisProcess.answer(connections.send((commands) -> commands.ping()));
		assertThat(forgotten.toCompletableFuture()).isNotDone();
		connections.close();
		assertThat(RedisProcess.failure(forgotten)).hasMessageContaining("before the answer came")
			.matches(BackendException::mayHaveApplied);
	}

	/**
	 * The first requests may be sent by an event loop, which cannot wait for its own end.
	 */
	@Test
	void requestThatIsBeingSentWhileAllIsClosedFails() {
		RedisConnections connections = connections();
		Thread caller = Thread.currentThread();
		AtomicBoolean closed = new AtomicBoolean();
		CompletionStage<String> late = connections.send((commands) -> commands.ping());
		while (!closed.get()) {
			RedisProcess.answer(late);
			late = connections.send((commands) -> {
				if (Thread.currentThread() != caller) {
					return commands.ping();
				}
				connections.close();
				closed.set(true);
				return new CompletableFuture<>();
			});
		}
		assertThat(RedisProcess.failure(late).mayHaveApplied()).isTrue();
	}

	@Test
	void requestThatCameThroughBeforeTheCloseIsNotSentAfterIt() {
		UnansweredRequests requests = new UnansweredRequests();
		CompletableFuture<String> answered = new CompletableFuture<>();
		assertThat(requests.add(answered)).isNull();
		answered.complete("PONG");
		requests.fail(this.unknown, this.tooLate);
		assertThat(answered).isCompletedWithValue("PONG");
		assertThat(requests.add(new CompletableFuture<>())).isSameAs(this.tooLate);
	}

	@Test
	void noneIsForgottenHoweverCloseAndRequestMeet() throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(2);
		closing(threads::shutdownNow);
		CyclicBarrier together = new CyclicBarrier(2);
		AtomicReference<UnansweredRequests> shared = new AtomicReference<>();
		int rounds = 100_000;
		Future<?> closer = threads.submit(() -> {
			for (int i = 0; i < rounds; i++) {
				UnansweredRequests requests = new UnansweredRequests();
				shared.set(requests);
				together.await();
				requests.fail(this.unknown, this.tooLate);
				together.await();
			}
			return null;
		});
		List<CompletableFuture<String>> forgotten = new ArrayList<>();
		for (int i = 0; i < rounds; i++) {
			together.await();
			UnansweredRequests requests = shared.get();
			List<CompletableFuture<String>> sent = new ArrayList<>();
			for (int j = 0; j < 20; j++) {
				CompletableFuture<String> request = new CompletableFuture<>();
				if (requests.add(request) == null) {
					sent.add(request);
				}
			}
			together.await();
			sent.stream().filter((request) -> !request.isDone()).forEach(forgotten::add);
		}
		closer.get();
		assertThat(forgotten).isEmpty();
	}

	private RedisConnections connections() {
		LettuceConnectionFactory factory = server().connectionFactory();
		closing(factory::destroy);
		RedisConnections connections = new RedisConnections(RedisClients.open(factory, PATIENT.commandTimeout()), this,
				new ServerClock(System::nanoTime), "coordination:push:test", (message) -> {
				});
		closing(connections::close);
		return connections;
	}

	@Override
	public void disconnected() {
		// Not of interest here
	}

	@Override
	public void reconnected() {
		// Not of interest here
	}

	@Override
	public void strayGrant(LockKey key, OwnerId owner) {
		// Not of interest here
	}

}
