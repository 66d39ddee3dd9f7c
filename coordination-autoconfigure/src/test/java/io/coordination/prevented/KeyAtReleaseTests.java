package io.coordination.prevented;

import java.lang.reflect.Method;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.junit.jupiter.api.Test;

import io.coordination.aop.DistributedLock;
import io.coordination.lock.LockHandle;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A key that is another when the lock is released, or that stays the one of the first
 * call. One naive aspect evaluates it again to find what to release, after the method has
 * changed its argument; the other evaluates it once for each method.
 */
class KeyAtReleaseTests {

	@Test
	void aspectThatEvaluatesTwiceLeavesTheLockTaken() {
		Map<String, LockHandle> held = new ConcurrentHashMap<>();
		Aspect twice = (call, lock, registry) -> {
			held.put(name(Aspect.spel(call, lock.key())), registry.acquire(name(Aspect.spel(call, lock.key()))));
			try {
				return call.proceed();
			}
			finally {
				LockHandle found = held.remove(name(Aspect.spel(call, lock.key())));
				if (found != null) {
					found.release();
				}
			}
		};
		Locked.run(Locked.aspect(twice), Orders.class, (locked) -> {
			locked.service().split(new Order(1));
			assertThat(locked.isFree("order:1")).isFalse();
		});
	}

	@Test
	void aspectThatEvaluatesOnceForAllHasOneLock() {
		Map<Method, String> names = new ConcurrentHashMap<>();
		Aspect cached = Aspect.naming((call, lock) -> names.computeIfAbsent(call.getMethod(),
				(method) -> name(Aspect.spel(call, lock.key()))));
		Locked.run(Locked.aspect(cached), Orders.class, (locked) -> {
			locked.service().split(new Order(1));
			assertThat(locked.service().split(new Order(2))).isEqualTo("order:1");
		});
	}

	@Test
	void libraryEvaluatesOnceForEachCall() {
		Locked.run(Locked.library(), Orders.class, (locked) -> {
			assertThat(locked.service().split(new Order(1))).isEqualTo("order:1");
			assertThat(locked.isFree("order:1")).isTrue();
			assertThat(locked.service().split(new Order(2))).isEqualTo("order:2");
			assertThat(locked.isFree("order:2")).isTrue();
		});
	}

	private static String name(Object key) {
		return "order:" + key;
	}

	static class Orders extends Witness {

		@DistributedLock(name = "order", key = "#order.id")
		public String split(Order order) {
			order.id += 100;
			return held();
		}

	}

	/** Something that can be changed. */
	public static class Order {

		/** What identifies it for now. */
		public long id;

		Order(long id) {
			this.id = id;
		}

	}

}
