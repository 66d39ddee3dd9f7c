package io.coordination.aop;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.core.annotation.AliasFor;

/**
 * Lets a method run at most once in a while for the same key, in all instances of the
 * application together. A call that comes too soon does not wait: it gets a
 * {@link io.coordination.lock.LockNotAcquiredException}, or what {@link #onBusy()} or
 * {@link #fallbackMethod()} say.
 *
 * <pre class="code">
 * &#64;Throttle(value = "sms", key = "#phone", every = "60s", message = "Try again later")
 * public void sendCode(String phone) { … }
 * </pre>
 *
 * The time counts from the beginning of a call, also of one that fails. Calls for the
 * same key never overlap: one that takes longer than {@link #every()} keeps the next ones
 * out until it has ended.
 */
@Target({ ElementType.METHOD, ElementType.ANNOTATION_TYPE })
@Retention(RetentionPolicy.RUNTIME)
@Documented
@DistributedLock(release = ReleasePolicy.ON_EXPIRY, waitTime = "0")
public @interface Throttle {

	/**
	 * The name of what is throttled. Without a name it is the method itself.
	 * @return the name
	 */
	@AliasFor(annotation = DistributedLock.class, attribute = "name")
	String value() default "";

	/**
	 * A key, where each of several things is throttled by itself.
	 * @return the expression
	 * @see DistributedLock#key()
	 */
	@AliasFor(annotation = DistributedLock.class)
	String key() default "";

	/**
	 * The time within which there is at most one call, such as {@code 60s}; at most a
	 * day.
	 * @return the time
	 */
	@AliasFor(annotation = DistributedLock.class, attribute = "leaseTime")
	String every();

	/**
	 * What a caller that comes too soon is told.
	 * @return the message
	 * @see DistributedLock#message()
	 */
	@AliasFor(annotation = DistributedLock.class)
	String message() default "";

	/**
	 * What happens to a call that comes too soon.
	 * @return what to do
	 */
	@AliasFor(annotation = DistributedLock.class)
	OnBusy onBusy() default OnBusy.DEFAULT;

	/**
	 * The name of a method that answers a call that comes too soon.
	 * @return the name of the method
	 * @see DistributedLock#fallbackMethod()
	 */
	@AliasFor(annotation = DistributedLock.class)
	String fallbackMethod() default "";

	/**
	 * The name of the {@link io.coordination.lock.LockRegistry} bean that gives the lock.
	 * @return the name of the bean
	 */
	@AliasFor(annotation = DistributedLock.class)
	String registry() default "";

}
