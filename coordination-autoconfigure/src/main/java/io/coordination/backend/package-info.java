/**
 * The service provider interface: what a store must answer so that the lock engine can
 * stand on it. A backend answers single questions; waiting, renewal, reentrancy, retries
 * and time belong to the engine above it.
 */
@NullMarked
package io.coordination.backend;

import org.jspecify.annotations.NullMarked;
