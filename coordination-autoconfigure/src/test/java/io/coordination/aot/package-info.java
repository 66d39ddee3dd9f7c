/**
 * An application that starts from code which was generated ahead of time.
 */
@NullMarked
package io.coordination.aot;

import org.jspecify.annotations.NullMarked;
