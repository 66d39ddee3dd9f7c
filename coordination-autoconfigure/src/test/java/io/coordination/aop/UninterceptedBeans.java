package io.coordination.aop;

import java.util.function.Supplier;

import jakarta.annotation.PostConstruct;

import io.coordination.aop.elsewhere.Inheritable;

/**
 * Beans with methods that no proxy intercepts.
 */
final class UninterceptedBeans {

	private UninterceptedBeans() {
	}

	static class PrivateMethod {

		@DistributedLock
		@SuppressWarnings("UnusedMethod")
		private void locked() {
		}

	}

	static class FinalMethod {

		@DistributedLock
		final void locked() {
		}

	}

	static class Inherited extends FinalMethod {

	}

	static class Heir extends Inheritable {

	}

	static class Initialized {

		@PostConstruct
		@DistributedLock
		void locked() {
		}

	}

	static class StaticMethod {

		@DistributedLock
		static void locked() {
		}

	}

	static final class FinalClass {

		@DistributedLock
		void locked() {
		}

	}

	static class HiddenMethod implements Supplier<String> {

		@Override
		public String get() {
			return "";
		}

		@DistributedLock
		public void locked() {
		}

	}

}
