package io.coordination.aop;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Several {@link DistributedLock}s of one method, which runs while all of them are held.
 * They are acquired in one order for all methods, whatever the order in which they are
 * written.
 */
@Target({ ElementType.METHOD, ElementType.TYPE, ElementType.ANNOTATION_TYPE })
@Retention(RetentionPolicy.RUNTIME)
@Documented
public @interface DistributedLocks {

	/**
	 * The locks.
	 * @return at least one
	 */
	DistributedLock[] value();

}
