package io.coordination.aop;

import java.lang.reflect.Proxy;
import java.util.List;

import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.core.NestedExceptionUtils;

import io.coordination.lock.LockRegistry;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Beans that others wrap into proxies of their own.
 */
class WrappedBeanTests extends LockedFixture<WrappedBeanTests.Worker> {

	WrappedBeanTests() {
		super(Worker.class);
	}

	@Test
	void whatIsWrappedBeforeThereIsAProxyIsRefused() {
		runner().withBean("worker", Worker.class)
			.withBean(Before.class)
			.run((context) -> assertThat(NestedExceptionUtils.getMostSpecificCause(context.getStartupFailure()))
				.isInstanceOf(InvalidDistributedLockException.class)
				.hasMessageMatching(
						"@DistributedLock on .*Worker\\.work\\(LockRegistry\\): bean 'worker' was replaced by a "
								+ "\\S+ before there was a proxy, so the method would run without the lock\\."));
	}

	@Test
	void whatIsWrappedWithItsProxyHasItsLock() {
		runner().withBean("worker", Worker.class).withBean(After.class).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean("worker")).isNotInstanceOf(Worker.class);
			assertThat(context.getBean("worker", Work.class).work(context.getBean(LockRegistry.class)))
				.containsExactly("worker");
		});
	}

	static Object wrapped(Object bean) {
		return !(bean instanceof Work) ? bean : Proxy.newProxyInstance(Work.class.getClassLoader(),
				new Class<?>[] { Work.class }, (proxy, method, arguments) -> method.invoke(bean, arguments));
	}

	interface Work {

		List<String> work(LockRegistry locks);

	}

	static class Worker implements Work {

		@Override
		@DistributedLock("worker")
		public List<String> work(LockRegistry locks) {
			return locks.held().stream().map((held) -> held.name()).toList();
		}

	}

	static class Before implements BeanPostProcessor {

		@Override
		public Object postProcessBeforeInitialization(Object bean, String name) {
			return wrapped(bean);
		}

	}

	static class After implements BeanPostProcessor {

		@Override
		public Object postProcessAfterInitialization(Object bean, String name) {
			return wrapped(bean);
		}

	}

}
