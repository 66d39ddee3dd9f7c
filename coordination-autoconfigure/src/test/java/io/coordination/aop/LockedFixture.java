package io.coordination.aop;

import java.util.List;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import io.coordination.autoconfigure.CoordinationAutoConfiguration;
import io.coordination.lock.HeldLock;
import io.coordination.lock.LockRegistry;
import io.coordination.memory.MemoryLockAutoConfiguration;

/**
 * A service with annotated methods, in a context with the memory backend.
 *
 * @param <S> the service
 */
abstract class LockedFixture<S> {

	static final Class<?>[] CONFIGURATION = { DistributedLockAutoConfiguration.class,
			CoordinationAutoConfiguration.class, MemoryLockAutoConfiguration.class };

	private final Class<S> type;

	private @Nullable LockRegistry registry;

	LockedFixture(Class<S> type) {
		this.type = type;
	}

	/**
	 * What is the same for all tests.
	 */
	ApplicationContextRunner runner() {
		return new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(CONFIGURATION))
			.withPropertyValues("coordination.backend=memory");
	}

	final void run(Visit<S> visit) {
		run(runner(), visit);
	}

	final void run(ApplicationContextRunner runner, Visit<S> visit) {
		runner.withBean(this.type).run((context) -> {
			this.registry = context.getBean(LockRegistry.class);
			visit.run(context.getBean(this.type));
		});
	}

	final LockRegistry registry() {
		return Objects.requireNonNull(this.registry);
	}

	/**
	 * The names of the locks that are held now.
	 */
	final List<String> held() {
		return registry().held().stream().map(HeldLock::name).sorted().toList();
	}

	/**
	 * What to do with the service.
	 *
	 * @param <S> the service
	 */
	interface Visit<S> {

		void run(S service) throws Exception;

	}

}
