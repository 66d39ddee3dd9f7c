package io.coordination.aop;

import java.util.function.Supplier;

import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.NestedExceptionUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Methods that the container calls past the proxy. An aspect that takes the annotation
 * for enough runs them without the lock, and says nothing.
 */
class ContainerCallsTests extends LockedFixture<ContainerCallsTests.ForItsClass> {

	private static final String BEFORE = " has the method called before there is a proxy, so it would run without the "
			+ "lock.";

	private static final String PAST = " has the method called past the proxy, so it would run without the lock.";

	ContainerCallsTests() {
		super(ForItsClass.class);
	}

	@Test
	void whatIsCalledBeforeThereIsAProxyIsRefused() {
		refuses(new Initializing(), "Initializing.afterPropertiesSet(): InitializingBean" + BEFORE);
		refuses(new Overriding(), "Overriding.init(): @PostConstruct" + BEFORE);
	}

	@Test
	void whatIsCalledPastTheProxyAtTheEndIsRefused() {
		refuses(new Destroyed(), "Destroyed.end(): @PreDestroy" + PAST);
		refuses(new Disposable(), "Disposable.destroy(): DisposableBean" + PAST);
		refuses(new Closeable(), "Closeable.close(): destroyMethod = \"close\"" + PAST);
	}

	@Test
	void whatADefinitionHasCalledIsRefused() {
		refuses(runner().withUserConfiguration(Init.class), "Worker.work(): initMethod = \"work\"" + BEFORE);
		refuses(runner().withUserConfiguration(Destroy.class), "Worker.work(): destroyMethod = \"work\"" + PAST);
		refuses(runner().withUserConfiguration(Inferred.class),
				"Closer.shutdown(): destroyMethod = \"shutdown\"" + PAST);
	}

	@Test
	void whatIsAnnotatedForItsClassIsNotMeant() {
		run((service) -> assertThat(service.work()).isEqualTo("initialized"));
	}

	private void refuses(Object bean, String problem) {
		@SuppressWarnings("unchecked")
		Class<Object> type = (Class<Object>) bean.getClass();
		refuses(runner().withBean(type, (Supplier<Object>) () -> bean), problem);
	}

	private static void refuses(ApplicationContextRunner runner, String problem) {
		runner.run((context) -> assertThat(context).getFailure()
			.extracting(NestedExceptionUtils::getMostSpecificCause, InstanceOfAssertFactories.THROWABLE)
			.isInstanceOf(InvalidDistributedLockException.class)
			.hasMessage("@DistributedLock on " + ContainerCallsTests.class.getName() + "$" + problem));
	}

	static class Initializing implements InitializingBean {

		@Override
		@DistributedLock
		public void afterPropertiesSet() {
		}

	}

	static class Annotated {

		@PostConstruct
		public void init() {
		}

	}

	static class Overriding extends Annotated {

		@Override
		@DistributedLock
		public void init() {
		}

	}

	static class Destroyed {

		@PreDestroy
		@DistributedLock
		public void end() {
		}

	}

	static class Disposable implements DisposableBean {

		@Override
		@DistributedLock
		public void destroy() {
		}

	}

	static class Closeable implements AutoCloseable {

		@Override
		@DistributedLock
		public void close() {
		}

	}

	static class Worker {

		@DistributedLock
		public void work() {
		}

	}

	static class Closer {

		@DistributedLock
		public void shutdown() {
		}

	}

	@DistributedLock("class")
	static class ForItsClass implements InitializingBean, DisposableBean {

		private boolean initialized;

		@Override
		public void afterPropertiesSet() {
			this.initialized = true;
		}

		@Override
		public void destroy() {
			this.initialized = false;
		}

		public String work() {
			return this.initialized ? "initialized" : "destroyed";
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Init {

		@Bean(initMethod = "work")
		Worker worker() {
			return new Worker();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Destroy {

		@Bean(destroyMethod = "work")
		Worker worker() {
			return new Worker();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Inferred {

		@Bean
		Closer closer() {
			return new Closer();
		}

	}

}
