/**
 * An application with all that Spring Boot configures.
 */
@NullMarked
package io.coordination.aop.advice;

import org.jspecify.annotations.NullMarked;
