/**
 * A ticket shop that sells every seat once.
 */
@NullMarked
package io.coordination.sample;

import org.jspecify.annotations.NullMarked;
