/**
 * What locks do, as metrics of Micrometer.
 */
@NullMarked
package io.coordination.observation;

import org.jspecify.annotations.NullMarked;
