package io.coordination.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.boot.autoconfigure.ImportAutoConfiguration;

/**
 * Gives a test class distributed locks that need no server, and a {@link LockTestSupport}
 * to take them, lose them and make them fail. For {@code @SpringBootTest}, for slices
 * such as {@code @JdbcTest}, and for {@code @SpringJUnitConfig}.
 *
 * <pre class="code">
 * &#64;SpringBootTest
 * &#64;AutoConfigureCoordination
 * class StockTests {
 *
 *     &#64;Autowired LockTestSupport locks;
 *
 *     &#64;Test
 *     void refusesWhileAnotherInstanceDeducts() {
 *         this.locks.holdElsewhere("stock", 42);
 *         assertThatExceptionOfType(LockNotAcquiredException.class).isThrownBy(() -&gt; this.stock.deduct(42));
 *     }
 *
 * }
 * </pre>
 *
 * Each context has locks of its own. What a test did with {@link LockTestSupport} is
 * undone after it. With ahead-of-time processing, the backend is the one that was chosen
 * when the tests were processed.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@ImportAutoConfiguration
public @interface AutoConfigureCoordination {

	/**
	 * The backend that keeps the locks, as in {@code coordination.backend}, whatever the
	 * application has configured. Another than memory needs its client library and its
	 * server.
	 * @return the name of the backend; empty for the one that is configured
	 */
	String backend() default "memory";

	/**
	 * The namespace of the locks, as in {@code coordination.namespace}. Contexts that
	 * share a server and a namespace share their locks.
	 * @return the namespace; empty for the one that is configured, or else {@code test}
	 */
	String namespace() default "";

}
