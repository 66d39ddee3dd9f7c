/**
 * The store inside one process: for tests, and for applications that run once. It is the
 * reference implementation of {@link io.coordination.backend}.
 */
@NullMarked
package io.coordination.memory;

import org.jspecify.annotations.NullMarked;
