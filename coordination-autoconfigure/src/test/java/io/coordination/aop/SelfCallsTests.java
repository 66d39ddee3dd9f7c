package io.coordination.aop;

import java.util.Arrays;
import java.util.List;
import java.util.function.LongFunction;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.ObjectProvider;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Calls that go past the proxy.
 */
class SelfCallsTests {

	@Test
	void callsOfItsOwnMethodsAreFound() {
		assertThat(find(Calls.class)).containsExactly(
				Calls.class.getName() + ".inALambda calls its own method 'locked'",
				Calls.class.getName() + ".inherited calls its own method 'inheritedLocked'",
				Calls.class.getName() + ".plain calls its own method 'locked'",
				Calls.class.getName() + ".reference calls its own method 'locked'",
				Parent.class.getName() + ".ofParent calls its own method 'inheritedLocked'");
	}

	@Test
	void callsOfOthersAreNone() {
		assertThat(find(NoCalls.class)).isEmpty();
	}

	private static List<String> find(Class<?> type) {
		return List.copyOf(SelfCalls.find(type,
				Arrays.stream(type.getMethods()).filter((method) -> LockedMethods.isLocked(method, type)).toList()));
	}

	public static class Parent {

		@DistributedLock
		public int inheritedLocked() {
			return 1;
		}

		public int ofParent() {
			return inheritedLocked();
		}

	}

	public static class Calls extends Parent {

		@DistributedLock
		public int locked(long id) {
			return (int) id;
		}

		public int plain() {
			return 1 + locked(5);
		}

		public Supplier<Integer> inALambda() {
			return () -> this.locked(6);
		}

		public LongFunction<Integer> reference() {
			return this::locked;
		}

		public int inherited() {
			return inheritedLocked();
		}

		public int unlocked() {
			return other();
		}

		public int other() {
			return 2;
		}

	}

	public static class NoCalls extends Parent {

		private final @Nullable NoCalls self;

		private final ObjectProvider<NoCalls> provider;

		NoCalls(@Nullable NoCalls self, ObjectProvider<NoCalls> provider) {
			this.self = self;
			this.provider = provider;
		}

		@Override
		@DistributedLock("overridden")
		public int inheritedLocked() {
			return super.inheritedLocked() + 1;
		}

		@Override
		public int ofParent() {
			return 0;
		}

		public int throughItself() {
			return (this.self != null) ? this.self.inheritedLocked() : 0;
		}

		public int throughProvider() {
			return this.provider.getObject().inheritedLocked();
		}

		public int ofAnother(NoCalls another) {
			return another.inheritedLocked();
		}

	}

}
