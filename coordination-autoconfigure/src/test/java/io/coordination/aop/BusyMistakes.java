package io.coordination.aop;

import io.coordination.aop.BusyPolicyTests.Message;
import io.coordination.aop.BusyPolicyTests.NoMessage;
import io.coordination.aop.BusyPolicyTests.Unknown;

/**
 * What cannot answer for a busy lock.
 */
final class BusyMistakes {

	private BusyMistakes() {
	}

	@Message("there is no method 'fallbak', its fallbackMethod.")
	static class NoFallback {

		@DistributedLock(fallbackMethod = "fallbak")
		public void work(int number) {
		}

		void fallback(int number) {
		}

	}

	@Message("its fallbackMethod 'fallback' has other parameters or another return type: void ")
	static class OtherParameters {

		@DistributedLock(fallbackMethod = "fallback")
		public void work(int number) {
		}

		void fallback(String text) {
		}

	}

	@Message("its fallbackMethod 'fallback' has other parameters or another return type: java.lang.Object ")
	static class OtherReturnType {

		@DistributedLock(fallbackMethod = "fallback")
		public String work(int number) {
			return "";
		}

		Object fallback(int number) {
			return "";
		}

	}

	@Message("it says more than once what happens when the lock is busy: onBusy = THROW, fallbackMethod = \"fallback\"")
	static class Twice {

		@DistributedLock(onBusy = OnBusy.THROW, fallbackMethod = "fallback")
		public void work(int number) {
		}

		void fallback(int number) {
		}

	}

	@Message("there is no bean of type io.coordination.aop.BusyPolicyTests$Unknown, its failureHandler.")
	static class NoBean {

		@DistributedLock(failureHandler = Unknown.class)
		public void work(int number) {
		}

	}

	@Message("NoMessage has no public constructor with a message.")
	static class NoConstructor {

		@DistributedLock(exception = NoMessage.class)
		public void work(int number) {
		}

	}

	@Message("onBusy = SKIP, but a call that is skipped has no int to return.")
	static class SkippedPrimitive {

		@DistributedLock(onBusy = OnBusy.SKIP)
		public int work(int number) {
			return number;
		}

	}

	@Message("its fallbackMethod 'work' is the method itself, and would run without the lock.")
	static class Itself {

		@DistributedLock(fallbackMethod = "work")
		public void work(int number) {
		}

	}

	@Message("its fallbackMethod 'later' is guarded by a lock, and would run without the lock.")
	static class Guarded {

		@DistributedLock(fallbackMethod = "later")
		public void work(int number) {
		}

		@DistributedLock("later")
		public void later(int number) {
		}

	}

	@Message("its fallbackMethod 'later' is guarded by a lock, and would run without the lock.")
	@DistributedLock("all")
	static class GuardedByItsClass {

		@DistributedLock(fallbackMethod = "later")
		public void work(int number) {
		}

		public void later(int number) {
		}

	}

}
