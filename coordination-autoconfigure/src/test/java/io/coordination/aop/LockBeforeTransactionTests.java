package io.coordination.aop;

import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.boot.transaction.autoconfigure.TransactionManagerCustomizationAutoConfiguration;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * A lock that a method around had before the transaction began is only entered again
 * inside of it: what the transaction has read, it has read under the lock.
 */
@ExtendWith(OutputCaptureExtension.class)
class LockBeforeTransactionTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class,
				DataSourceTransactionManagerAutoConfiguration.class, TransactionAutoConfiguration.class,
				TransactionManagerCustomizationAutoConfiguration.class, LockTransactionAutoConfiguration.class))
		.withConfiguration(AutoConfigurations.of(LockedFixture.CONFIGURATION))
		.withPropertyValues("coordination.backend=memory", "spring.datasource.url=jdbc:h2:mem:before")
		.withBean(Service.class);

	@Test
	void isNotForbidden() {
		this.runner.withPropertyValues("coordination.lock.transaction.on-active=fail").run((context) -> {
			Service service = context.getBean(Service.class);
			TransactionTemplate transactions = context.getBean(TransactionTemplate.class);
			assertThat(service.around("a", () -> transactions.execute((status) -> service.call("a")))).isEqualTo("a");
			assertThat(service.around("a", () -> transactions.execute((status) -> service.stage("a").join())))
				.isEqualTo("a");
			assertThat(service.stageAround("a", () -> transactions.execute((status) -> service.call("a"))).join())
				.isEqualTo("a");
			assertThat(
					service.stageAround("a", () -> transactions.execute((status) -> service.stage("a").join())).join())
				.isEqualTo("a");
		});
	}

	@Test
	void anotherLockIsForbidden() {
		this.runner.withPropertyValues("coordination.lock.transaction.on-active=fail").run((context) -> {
			Service service = context.getBean(Service.class);
			TransactionTemplate transactions = context.getBean(TransactionTemplate.class);
			assertThatIllegalStateException()
				.isThrownBy(() -> service.around("a", () -> transactions.execute((status) -> service.call("b"))))
				.withMessageContaining("acquires its lock inside of a transaction");
			assertThatIllegalStateException()
				.isThrownBy(() -> service.around("a", () -> transactions.execute((status) -> service.both("a", "b"))))
				.withMessageContaining("acquires its lock inside of a transaction");
		});
	}

	@Test
	void isNotWarnedOf(CapturedOutput output) {
		this.runner.run((context) -> {
			Service service = context.getBean(Service.class);
			TransactionTemplate transactions = context.getBean(TransactionTemplate.class);
			service.around("a", () -> transactions.execute((status) -> service.call("a")));
			assertThat(output).doesNotContain("acquires its lock inside of a transaction");
			service.around("a", () -> transactions.execute((status) -> service.call("b")));
			assertThat(output).contains("acquires its lock inside of a transaction");
		});
	}

	static class Service {

		@DistributedLock(name = "work", key = "#key")
		public String around(String key, Supplier<String> inner) {
			return inner.get();
		}

		@DistributedLock(name = "work", key = "#key")
		public CompletableFuture<String> stageAround(String key, Supplier<String> inner) {
			return CompletableFuture.completedFuture(inner.get());
		}

		@DistributedLock(name = "work", key = "#key")
		public String call(String key) {
			return key;
		}

		@DistributedLock(name = "work", keys = { "#key", "#other" })
		public String both(String key, String other) {
			return key + other;
		}

		@DistributedLock(name = "work", key = "#key")
		public CompletableFuture<String> stage(String key) {
			return CompletableFuture.completedFuture(key);
		}

	}

}
