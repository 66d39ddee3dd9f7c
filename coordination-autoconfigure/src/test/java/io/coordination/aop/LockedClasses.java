package io.coordination.aop;

import java.util.List;

import io.coordination.lock.LockRegistry;

/**
 * Classes that speak for their methods.
 */
final class LockedClasses {

	private LockedClasses() {
	}

	@DistributedLock("whole")
	static class Whole {

		private final LockRegistry locks;

		Whole(LockRegistry locks) {
			this.locks = locks;
		}

		public List<String> one(LockRegistry locks) {
			return OverallSettingsTests.names(locks);
		}

		@DistributedLock("own")
		public List<String> own(LockRegistry locks) {
			return OverallSettingsTests.names(locks);
		}

		@Override
		public String toString() {
			return String.join(" and ", OverallSettingsTests.names(this.locks));
		}

		List<String> hidden(LockRegistry locks) {
			return OverallSettingsTests.names(locks);
		}

	}

	@DistributedLock("contract")
	interface Contract {

		List<String> work(LockRegistry locks);

	}

	static class Implementation implements Contract {

		@Override
		public List<String> work(LockRegistry locks) {
			return OverallSettingsTests.names(locks);
		}

	}

}
