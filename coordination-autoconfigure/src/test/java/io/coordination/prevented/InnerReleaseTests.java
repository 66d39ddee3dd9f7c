package io.coordination.prevented;

import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

import org.junit.jupiter.api.Test;

import io.coordination.aop.DistributedLock;
import io.coordination.lock.LockHandle;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A method inside of another with the same lock, which frees it while the outer one is
 * still at work. The naive aspect enters again and releases whatever the name holds, as
 * with {@code forceUnlock}.
 */
class InnerReleaseTests {

	@Test
	void aspectFreesWhatTheOuterCallHolds() {
		Map<String, LockHandle> held = new ConcurrentHashMap<>();
		Aspect forced = (call, lock, registry) -> {
			if (!held.containsKey(lock.name())) {
				held.put(lock.name(), registry.acquire(lock.name()));
			}
			try {
				return call.proceed();
			}
			finally {
				LockHandle handle = held.remove(lock.name());
				if (handle != null) {
					handle.release();
				}
			}
		};
		Locked.run(Locked.aspect(forced), Work.class, (locked) -> assertThat(freeInOuterAfterInner(locked)).isTrue());
	}

	@Test
	void libraryKeepsItForTheOuterCall() {
		Locked.run(Locked.library(), Work.class, (locked) -> {
			assertThat(freeInOuterAfterInner(locked)).isFalse();
			assertThat(locked.isFree("work")).as("after both").isTrue();
		});
	}

	private static boolean freeInOuterAfterInner(Locked<Work> locked) throws Exception {
		AtomicBoolean free = new AtomicBoolean();
		locked.service().outer(() -> {
			locked.service().inner();
			free.set(locked.isFree("work"));
			return null;
		});
		return free.get();
	}

	static class Work {

		@DistributedLock("work")
		public void outer(Callable<Void> work) throws Exception {
			work.call();
		}

		@DistributedLock("work")
		public void inner() {
		}

	}

}
