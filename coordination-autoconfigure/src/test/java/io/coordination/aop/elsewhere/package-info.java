/**
 * Classes that beans of another package inherit from.
 */
@NullMarked
package io.coordination.aop.elsewhere;

import org.jspecify.annotations.NullMarked;
