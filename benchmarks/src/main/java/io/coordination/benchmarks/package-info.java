/**
 * Measures the engine and what is around it.
 */
@NullMarked
package io.coordination.benchmarks;

import org.jspecify.annotations.NullMarked;
