package io.coordination.aop;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a parameter of type {@code long} of a method with one {@link DistributedLock}:
 * whatever the caller passes, the method gets the fencing token of its lock.
 *
 * <pre class="code">
 * &#64;DistributedLock(name = "import", key = "#tenant")
 * public void importFile(String tenant, Path file, &#64;FencingToken long token) { … }
 * </pre>
 *
 * Send it along with what you write, and let the resource refuse smaller ones than it has
 * seen.
 *
 * @see io.coordination.lock.LockHandle#fencingToken()
 */
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
@Documented
public @interface FencingToken {

}
