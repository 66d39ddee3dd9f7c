package io.coordination.aop;

import java.util.List;

import org.springframework.beans.factory.ObjectProvider;

import io.coordination.aop.DistributedLockTests.Shop;
import io.coordination.lock.LockRegistry;

/**
 * Beans that are locked by an interface.
 */
final class Counters {

	private Counters() {
	}

	public static class Franchise extends Shop {

		public Franchise(ObjectProvider<LockRegistry> registry) {
			super(registry);
		}

	}

	public interface Counter {

		@DistributedLock(name = "counter", key = "#key")
		List<String> count(String key);

	}

	public static class LocalCounter implements Counter {

		private final ObjectProvider<LockRegistry> registry;

		public LocalCounter(ObjectProvider<LockRegistry> registry) {
			this.registry = registry;
		}

		@Override
		public List<String> count(String anything) {
			return DistributedLockTests.held(this.registry);
		}

	}

}
