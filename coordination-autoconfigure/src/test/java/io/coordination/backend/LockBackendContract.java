package io.coordination.backend;

/**
 * The specification of a {@link LockBackend}, in sentences that run. A backend is what
 * passes them all; where stores differ, a sentence is skipped by an assumption on
 * {@link BackendTraits}. Extend it and say how to get at the store:
 *
 * <pre class="code">
 * class MyLockBackendTests extends LockBackendContract {
 *
 * 	&#064;Override
 * 	protected LockBackendFactory newFactory() {
 * 		return new MyLockBackendFactory(server.address());
 * 	}
 *
 * }
 * </pre>
 */
public abstract class LockBackendContract extends ClosingContract {

}
