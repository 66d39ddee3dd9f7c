package io.coordination.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;

import io.coordination.backend.Attempt;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Very many requests before the first connection is made.
 */
class FirstRequestsTests extends RedisFixture {

	@Test
	void allAreAnswered() {
		RedisProcess process = process();
		List<CompletableFuture<Attempt>> answers = new ArrayList<>();
		for (int i = 0; i < 5000; i++) {
			answers.add(process.backend().tryAcquire(request(key("name:" + i), LONG)).toCompletableFuture());
		}
		assertThat(answers).allSatisfy((answer) -> assertThat(answer).succeedsWithin(30, TimeUnit.SECONDS));
		process.release(process.acquire(request()));
	}

}
