package io.coordination.aop;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.aot.hint.annotation.Reflective;
import org.springframework.core.annotation.AliasFor;

import io.coordination.lock.LockNotAcquiredException;

/**
 * Lets at most one caller at a time, in all instances of the application, run the
 * annotated method for the same key. The lock is acquired before a transaction of the
 * same method begins and released after it has ended. The method never runs without the
 * lock, except where its {@link #condition()} is false.
 *
 * <pre class="code">
 * &#64;Transactional
 * &#64;DistributedLock(name = "stock", key = "#skuId", waitTime = "2s")
 * public void deduct(long skuId, int quantity) { … }
 * </pre>
 *
 * On a class or an interface it stands for all its public methods that have none of their
 * own. It may be repeated; the method then runs while all of the locks are held.
 * <p>
 * A method that returns a {@link java.util.concurrent.CompletionStage} or a reactive type
 * holds its lock until that has completed, failed or was cancelled; no thread is blocked
 * for it.
 * <p>
 * What is surely wrong with it is reported when the application starts: an expression
 * that does not parse, or names no parameter or bean, a method that cannot be proxied, an
 * impossible duration.
 * <p>
 * Texts may contain <code>${…}</code> placeholders, which are resolved before anything is
 * parsed; except for {@link #fallbackMethod()}. Times are durations with a unit, such as
 * {@code 500ms}, {@code 2s} or {@code PT1M}. What
 * {@code coordination.lock.locks.<name>.*} says of a name comes before what the
 * annotation says, which comes before {@code coordination.lock.*}.
 */
@Target({ ElementType.METHOD, ElementType.TYPE, ElementType.ANNOTATION_TYPE })
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Reflective
@Repeatable(DistributedLocks.class)
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
	 * types. Locks are counted by it in metrics: those without a name by class and
	 * method.
	 * @return the name
	 */
	@AliasFor("value")
	String name() default "";

	/**
	 * The part of the name that differs from call to call: a SpEL expression such as
	 * {@code #skuId}, a template such as <code>#{#tenant}/#{#id}</code>, or plain text.
	 * Without it all calls share one lock. An expression that gives {@code null}, nothing
	 * but blanks, or a collection is an error.
	 * @return the expression
	 */
	String key() default "";

	/**
	 * Keys for several locks, in the same forms: one for each expression and, where that
	 * gives a collection or an array, one for each element. All of them are acquired, in
	 * an order that is the same for everybody and within one wait time, or none. Repeated
	 * ones count once; no key at all is an error.
	 * @return the expressions
	 */
	String[] keys() default {};

	/**
	 * The name of a {@link LockKeyResolver} bean that finds the key, in place of
	 * {@link #key()} and {@link #keys()}.
	 * @return the name of the bean
	 */
	String keyResolver() default "";

	/**
	 * The name of the {@link io.coordination.lock.LockRegistry} bean that gives the lock.
	 * Without it, it is the only or the primary one.
	 * @return the name of the bean
	 */
	String registry() default "";

	/**
	 * How long to wait for the lock. {@code 0} asks once; {@code unbounded} waits for
	 * ever. Without it the wait time is {@code coordination.lock.wait-time}.
	 * @return the wait time
	 */
	String waitTime() default "";

	/**
	 * The time after which an unrenewed lock is free for others. Without it the lease
	 * time is {@code coordination.lock.lease-time}.
	 * @return the lease time
	 */
	String leaseTime() default "";

	/**
	 * Whether the lease is renewed while the method runs.
	 * @return whether to renew
	 */
	Renewal renewal() default Renewal.DEFAULT;

	/**
	 * How long the lock may be held: when the time is up it counts as lost. Without it
	 * there is no limit.
	 * @return the maximum hold time
	 */
	String maxHoldTime() default "";

	/**
	 * How long the lock stays taken at least, also if the method is done sooner. For jobs
	 * that several instances start by their clocks: longer than these differ. Without it
	 * the lock is free at once.
	 * @return the minimum hold time
	 */
	String minHoldTime() default "";

	/**
	 * When the lock is released.
	 * @return the policy
	 */
	ReleasePolicy release() default ReleasePolicy.AFTER_COMPLETION;

	/**
	 * What happens when the lock is still busy at the end of the wait time. At most one
	 * of this, {@link #fallbackMethod()}, {@link #failureHandler()} and
	 * {@link #exception()} can be given.
	 * @return what to do
	 */
	OnBusy onBusy() default OnBusy.DEFAULT;

	/**
	 * The name of a method of the same bean that answers when the lock is busy. It has
	 * the parameters of the annotated method, and one more of type
	 * {@link LockNotAcquiredException} if it wants; it returns the same type, and may be
	 * private.
	 * @return the name of the method
	 */
	String fallbackMethod() default "";

	/**
	 * The type of a bean that answers when the lock is busy.
	 * @return the type
	 */
	Class<? extends LockFailureHandler> failureHandler() default LockFailureHandler.None.class;

	/**
	 * The exception that is thrown when the lock is busy. It has a public constructor
	 * with a message, and with a cause if it wants.
	 * @return the type
	 */
	Class<? extends RuntimeException> exception() default LockNotAcquiredException.class;

	/**
	 * The message of the {@link #exception()}, for people: text, or a template that may
	 * use the parameters, as in <code>Order #{#id} is being changed</code>. Without it
	 * the message says who holds the lock and for how long.
	 * @return the message
	 */
	String message() default "";

	/**
	 * What happens to the call when its lock is lost.
	 * @return what to do
	 */
	OnLost onLost() default OnLost.DEFAULT;

	/**
	 * A SpEL expression for whether a lock is needed at all, such as
	 * {@code #amount > 100}: where it is false, the method runs <em>without</em> the
	 * lock.
	 * @return the expression
	 */
	String condition() default "";

}
