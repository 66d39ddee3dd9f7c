package io.coordination.aop;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.core.annotation.AliasFor;

/**
 * Has a job that all instances of the application start by their clocks, such as one with
 * {@code @Scheduled}, run in one of them only: whoever comes second skips it.
 *
 * <pre class="code">
 * &#64;Scheduled(cron = "0 0 3 * * *")
 * &#64;SingleRun("daily-report")
 * public void report() { … }
 * </pre>
 *
 * The clocks of the instances differ. A job that is done before the slowest clock has
 * struck would be run once more, so the lock stays taken for {@link #minHoldTime()}:
 * choose it longer than the clocks differ and shorter than the time between two runs.
 * <p>
 * This is no scheduler: a run that fails, or whose instance dies, is not repeated before
 * its next time.
 */
@Target({ ElementType.METHOD, ElementType.ANNOTATION_TYPE })
@Retention(RetentionPolicy.RUNTIME)
@Documented
@DistributedLock(onBusy = OnBusy.SKIP, waitTime = "0")
public @interface SingleRun {

	/**
	 * The name of the job, also of its lock. Without a name it is the method itself.
	 * @return the name
	 */
	@AliasFor(annotation = DistributedLock.class, attribute = "name")
	String value() default "";

	/**
	 * A key, where there is a run for each of several things.
	 * @return the expression
	 * @see DistributedLock#key()
	 */
	@AliasFor(annotation = DistributedLock.class)
	String key() default "";

	/**
	 * How long the lock stays taken at least, from the start of the run. One second is
	 * more than clocks differ that are set by NTP.
	 * @return the minimum hold time
	 */
	@AliasFor(annotation = DistributedLock.class)
	String minHoldTime() default "1s";

	/**
	 * The time after which the lock of an instance that died is free for the next run.
	 * Without it the lease time is {@code coordination.lock.lease-time}. It is renewed
	 * while the job runs.
	 * @return the lease time
	 */
	@AliasFor(annotation = DistributedLock.class)
	String leaseTime() default "";

	/**
	 * The name of the {@link io.coordination.lock.LockRegistry} bean that gives the lock.
	 * @return the name of the bean
	 */
	@AliasFor(annotation = DistributedLock.class)
	String registry() default "";

}
