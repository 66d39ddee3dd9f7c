/**
 * The annotation {@link io.coordination.aop.DistributedLock} and what makes it work.
 */
@NullMarked
package io.coordination.aop;

import org.jspecify.annotations.NullMarked;
