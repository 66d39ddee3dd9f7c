/**
 * A circuit breaker and a retry around what a backend is asked first.
 */
@NullMarked
package io.coordination.resilience;

import org.jspecify.annotations.NullMarked;
