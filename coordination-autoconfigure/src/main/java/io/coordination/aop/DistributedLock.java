package io.coordination.aop;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.core.annotation.AliasFor;

/**
 * Lets at most one caller at a time, in all instances of the application, run the
 * annotated method for the same key. The lock is acquired before a transaction of the
 * same method begins and released after it has ended. The method never runs without the
 * lock.
 *
 * <pre class="code">
 * &#64;Transactional
 * &#64;DistributedLock(name = "stock", key = "#skuId", waitTime = "2s")
 * public void deduct(long skuId, int quantity) { … }
 * </pre>
 *
 * Everything that can be wrong with it is reported when the application starts: an
 * expression that does not parse or names no parameter, a method that cannot be proxied,
 * an impossible duration.
 */
@Target({ ElementType.METHOD, ElementType.ANNOTATION_TYPE })
@Retention(RetentionPolicy.RUNTIME)
@Documented
public @interface DistributedLock {

	/**
	 * Alias of {@link #name()}.
	 * @return the name
	 */
	@AliasFor("name")
	String value() default "";

	/**
	 * The name of what is guarded, such as {@code stock}. May contain <code>${…}</code>
	 * placeholders. Without a name it is the method itself: class, method and parameter
	 * types.
	 * @return the name
	 */
	@AliasFor("value")
	String name() default "";

	/**
	 * A SpEL expression for the part of the name that differs from call to call, such as
	 * {@code #skuId} or {@code #order.id}. Without it all calls share one lock. An
	 * expression that gives {@code null}, nothing but blanks, or a collection is an
	 * error.
	 * @return the expression
	 */
	String key() default "";

	/**
	 * How long to wait for the lock, such as {@code 500ms}, {@code 2s}, {@code PT1M}, or
	 * a <code>${…}</code> placeholder. {@code 0} asks once; {@code unbounded} waits for
	 * ever. Without it the wait time is {@code coordination.lock.wait-time}.
	 * @return the wait time
	 */
	String waitTime() default "";

	/**
	 * The time after which an unrenewed lock is free for others, in the same forms.
	 * Without it the lease time is {@code coordination.lock.lease-time}.
	 * @return the lease time
	 */
	String leaseTime() default "";

	/**
	 * What happens when the lock is still busy at the end of the wait time.
	 * @return what to do
	 */
	OnBusy onBusy() default OnBusy.THROW;

}
