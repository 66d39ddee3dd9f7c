package io.coordination.aop;

import java.util.List;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Scope;

import io.coordination.lock.LockRegistry;

/**
 * Beans of which there are many.
 */
final class Tills {

	private Tills() {
	}

	@Configuration(proxyBeanMethods = false)
	static class PrototypeConfiguration {

		@Bean
		@Scope("prototype")
		Till till(ObjectProvider<LockRegistry> registry) {
			return new Till(registry);
		}

	}

	public static class Till {

		private final ObjectProvider<LockRegistry> registry;

		public Till(ObjectProvider<LockRegistry> registry) {
			this.registry = registry;
		}

		@DistributedLock("till")
		List<String> open() {
			return DistributedLockTests.held(this.registry);
		}

	}

}
