package io.coordination.redis;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;

import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.LockSpec;
import io.coordination.lock.ManagedLockRegistry;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Minimum hold times: Redis keeps the lock taken by nobody for the rest.
 */
class MinHoldTimeTests extends RedisFixture {

	private static final LockSpec SPEC = LockSpec.of("invoice:42").withoutWaiting();

	@Test
	void lockThatIsReleasedSoonerStaysTakenForTheRestAndIsFreeThen() throws Exception {
		ManagedLockRegistry locks = registry();
		ManagedLockRegistry others = registry();
		long start = System.nanoTime();
		LockHandle handle = locks.acquire(SPEC.withMinHoldTime(Duration.ofMillis(1500)));
		CompletableFuture<LockHandle> here = locks.acquireAsync(SPEC.withUnboundedWait()).toCompletableFuture();
		assertThat(handle.release()).isTrue();
		assertThat(Duration.ofNanos(System.nanoTime() - start)).as("released").isLessThan(Duration.ofMillis(1400));
		assertThat(others.tryAcquire(SPEC)).isEmpty();
		assertThat(redis().get(keys().lock())).doesNotContain("owner=");
		LockHandle next = here.get(20, TimeUnit.SECONDS);
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(1490));
		assertThat(next.fencingToken() >> 10).isGreaterThan(handle.fencingToken() >> 10);
		assertThat(next.release()).isTrue();
		assertThat(others.tryAcquire(SPEC)).isPresent();
	}

	@Test
	void lockStaysTakenAlsoIfTheRegistryIsStopped() throws Exception {
		ManagedLockRegistry locks = registry();
		locks.execute(SPEC.withMinHoldTime(LONG), (lock) -> null);
		locks.close();
		assertThat(registry().tryAcquire(SPEC)).isEmpty();
		assertThat(redis().pttl(keys().lock())).isBetween(LONG.toMillis() / 2, LONG.toMillis());
	}

	private ManagedLockRegistry registry() {
		LettuceConnectionFactory connections = server().connectionFactory();
		closing(connections::destroy);
		return closing(LockRegistryBuilder.of(new RedisLockBackendFactory(connections, PATIENT))
			.namespace(key().namespace())
			.gracePeriod(Duration.ZERO)
			.build());
	}

}
