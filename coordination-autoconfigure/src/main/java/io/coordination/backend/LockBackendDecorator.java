package io.coordination.backend;

/**
 * Puts something between the engine and the backend, such as a circuit breaker. Applied
 * to the chosen factory when the registry is built.
 */
@FunctionalInterface
public interface LockBackendDecorator {

	/**
	 * Decorates a factory.
	 * @param factory the factory that was chosen
	 * @return a factory of the same id, whose backends decorate those of the given one
	 */
	LockBackendFactory decorate(LockBackendFactory factory);

}
