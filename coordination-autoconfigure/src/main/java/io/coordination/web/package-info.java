/**
 * What a web application answers when a lock is busy or its store cannot be asked: a
 * problem of RFC 9457, for Spring MVC and WebFlux.
 */
@NullMarked
package io.coordination.web;

import org.jspecify.annotations.NullMarked;
