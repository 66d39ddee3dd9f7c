package io.coordination.aop;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.core.annotation.AliasFor;

/**
 * An annotation made of {@link DistributedLock}, as applications make their own.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@DistributedLock(name = "composed")
@interface Composed {

	@AliasFor(annotation = DistributedLock.class, attribute = "key")
	String value();

}
