package io.coordination.aop.elsewhere;

import io.coordination.aop.DistributedLock;

/**
 * Has a method that only its own package can override.
 */
public class Inheritable {

	@DistributedLock
	void locked() {
	}

}
