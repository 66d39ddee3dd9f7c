/**
 * Auto-configuration of what is common to all backends.
 */
@NullMarked
package io.coordination.autoconfigure;

import org.jspecify.annotations.NullMarked;
