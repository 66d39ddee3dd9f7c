package io.coordination.zookeeper;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;

import org.apache.zookeeper.KeeperException.Code;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * How long a container is taken for there.
 */
class KnownPathsTests extends ZookeeperFixture {

	private final AtomicLong time = new AtomicLong(Long.MAX_VALUE - 1);

	private final KnownPaths known = new KnownPaths(this.time::get);

	private final LockPath path = LockPath.of(ROOT, key());

	private ZookeeperSession session;

	@BeforeEach
	void connect() {
		this.session = process().session();
		assertThat(answer(this.known.create(this.session, this.path, true))).isEqualTo(Code.OK);
	}

	@Test
	void containerThatWasJustUsedIsNotMadeAgain() throws Exception {
		remove();
		pass(KnownPaths.KEPT.minusMillis(1));
		assertThat(answer(this.known.create(this.session, this.path, false))).isEqualTo(Code.OK);
		assertThat(isThere()).isFalse();
	}

	@Test
	void useKeepsItKnown() throws Exception {
		remove();
		for (int i = 0; i < 5; i++) {
			pass(KnownPaths.KEPT.minusMillis(1));
			answer(this.known.create(this.session, this.path, false));
		}
		assertThat(isThere()).isFalse();
	}

	@Test
	void containerThatWasNotUsedForAWhileIsMadeAgain() throws Exception {
		remove();
		pass(KnownPaths.KEPT);
		assertThat(answer(this.known.create(this.session, this.path, false))).isEqualTo(Code.OK);
		assertThat(isThere()).isTrue();
		remove();
		assertThat(answer(this.known.create(this.session, this.path, false))).isEqualTo(Code.OK);
		assertThat(isThere()).as("known again").isFalse();
	}

	private void remove() throws Exception {
		server().look().delete(this.path.lock(), -1);
	}

	private boolean isThere() throws Exception {
		return server().look().exists(this.path.lock(), false) != null;
	}

	private void pass(Duration duration) {
		this.time.addAndGet(duration.toNanos());
	}

	private static <T> T answer(CompletionStage<T> stage) {
		return stage.toCompletableFuture().join();
	}

}
