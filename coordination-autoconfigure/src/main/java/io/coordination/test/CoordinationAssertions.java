package io.coordination.test;

import io.coordination.lock.LockRegistry;

/**
 * Assertions for AssertJ.
 *
 * <pre class="code">
 * assertThat(this.locks).holds("stock:42");
 * assertThat(this.locks).holdsNothing();
 * </pre>
 */
public final class CoordinationAssertions {

	private CoordinationAssertions() {
	}

	/**
	 * Asserts something of what a registry holds.
	 * @param registry the registry
	 * @return the assertions
	 */
	public static LockRegistryAssert assertThat(LockRegistry registry) {
		return new LockRegistryAssert(registry);
	}

}
