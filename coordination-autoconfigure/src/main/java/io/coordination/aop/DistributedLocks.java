package io.coordination.aop;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.aot.hint.annotation.Reflective;

/**
 * Several {@link DistributedLock}s of one method, which runs while all of them are held.
 * They are acquired in one order for all methods, whatever the order in which they are
 * written.
 */
@Target({ ElementType.METHOD, ElementType.TYPE, ElementType.ANNOTATION_TYPE })
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Reflective
public @interface DistributedLocks {

	/**
	 * The locks.
	 * @return at least one
	 */
	DistributedLock[] value();

}
