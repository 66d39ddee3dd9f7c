package io.coordination.aop.advice;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import javax.sql.DataSource;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.aop.config.AopConfigUtils;
import org.springframework.aop.framework.autoproxy.InfrastructureAdvisorAutoProxyCreator;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.AbstractBeanDefinition;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionManagerCustomizers;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.TransactionExecution;
import org.springframework.transaction.TransactionExecutionListener;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.config.TransactionManagementConfigUtils;
import org.springframework.transaction.interceptor.TransactionInterceptor;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.TransactionSynchronizationManager;

import io.coordination.aop.DistributedLock;
import io.coordination.aop.ReleasePolicy;
import io.coordination.lock.HeldLock;
import io.coordination.lock.LockLostException;
import io.coordination.lock.LockRegistry;
import io.coordination.test.LockTestAutoConfiguration;
import io.coordination.test.LockTestSupport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What the place of the lock depends on, in an application with all that Spring Boot
 * configures: each way of getting it wrong, what comes of it when nobody looks, and that
 * it is looked for. With and without AspectJ, with proxies of interfaces and of classes.
 * <p>
 * <b>Naive implementation.</b> An advisor that is a plain bean (without AspectJ nobody
 * sees it), one that has the default order (where the lock is depends on which bean is
 * registered first), and a loss that is thrown before the commit as a
 * {@link TransactionException} (neither committed nor rolled back).
 */
class AdviceOrderTests {

	private static final String ALL = """
			true, true
			true, false
			false, true
			false, false
			""";

	@ParameterizedTest(name = "AspectJ {0}, class proxy {1}")
	@CsvSource(textBlock = ALL)
	void lockIsAroundTheTransaction(boolean aspectj, boolean classes) {
		runner(aspectj, classes).run((context) -> {
			assertSetUp(context, aspectj, classes);
			context.getBean(Till.class).close();
			assertThat(seen(context)).containsExactly("begin [till]", "body [till] in transaction", "commit [till]",
					"cleanup [till]");
			assertThat(names(context.getBean(LockRegistry.class))).isEmpty();
		});
	}

	@ParameterizedTest(name = "AspectJ {0}, class proxy {1}")
	@CsvSource(textBlock = ALL)
	void advisorBehindThatOfTransactionsIsInsideOfTheTransaction(boolean aspectj, boolean classes) {
		ApplicationContextRunner runner = runner(aspectj, classes).withUserConfiguration(LastAdvisor.class);
		runner.withPropertyValues("coordination.lock.validation=off").run((context) -> {
			context.getBean(Till.class).close();
			assertThat(seen(context)).containsExactly("begin []", "body [till] in transaction", "commit [till]",
					"cleanup []");
			seen(context).clear();
			context.getBean(Till.class).closeAndLetGo();
			assertThat(seen(context)).containsExactly("begin []", "body [till] in transaction", "commit []",
					"cleanup []");
		});
		runner.run((context) -> assertThat(context).getFailure()
			.hasMessageContaining("the transaction begins before the lock is acquired"));
	}

	@ParameterizedTest(name = "AspectJ {0}, class proxy {1}")
	@CsvSource(textBlock = ALL)
	void advisorWithoutTheRoleIsSeenByAspectjAlone(boolean aspectj, boolean classes) {
		ApplicationContextRunner runner = runner(aspectj, classes).withUserConfiguration(PlainAdvisor.class);
		runner.withPropertyValues("coordination.lock.validation=off").run((context) -> {
			context.getBean(Till.class).close();
			assertThat(seen(context)).element(1)
				.isEqualTo(aspectj ? "body [till] in transaction" : "body [] in transaction");
		});
		runner.run((context) -> {
			if (aspectj) {
				assertThat(context).hasNotFailed();
			}
			else {
				assertThat(context).getFailure().hasMessageContaining("would run without the lock");
			}
		});
	}

	@ParameterizedTest(name = "AspectJ {0}, class proxy {1}")
	@CsvSource(textBlock = ALL)
	void lossBeforeTheCommitRollsBack(boolean aspectj, boolean classes) {
		runner(aspectj, classes).run((context) -> {
			assertThatExceptionOfType(LockLostException.class)
				.isThrownBy(() -> context.getBean(Till.class).closeAfterLoss());
			assertThat(seen(context)).containsExactly("begin [till]", "body [till] in transaction", "rollback []",
					"cleanup []");
		});
	}

	@ParameterizedTest(name = "AspectJ {0}, class proxy {1}")
	@CsvSource(textBlock = ALL)
	void transactionExceptionBeforeTheCommitDoesNotRollBack(boolean aspectj, boolean classes) {
		runner(aspectj, classes).withUserConfiguration(Objection.class).run((context) -> {
			assertThatExceptionOfType(TransactionException.class).isThrownBy(() -> context.getBean(Till.class).close());
			assertThat(seen(context)).containsExactly("begin [till]", "body [till] in transaction", "cleanup [till]");
		});
		assertThat(TransactionException.class.isAssignableFrom(LockLostException.class)).isFalse();
	}

	private static ApplicationContextRunner runner(boolean aspectj, boolean classes) {
		ApplicationContextRunner runner = new ApplicationContextRunner().withUserConfiguration(Application.class)
			.withPropertyValues("coordination.backend=memory", "spring.aop.proxy-target-class=" + classes,
					"spring.datasource.url=jdbc:h2:mem:advice");
		return aspectj ? runner : runner.withClassLoader(new FilteredClassLoader("org.aspectj"));
	}

	private static void assertSetUp(ApplicationContext context, boolean aspectj, boolean classes) {
		assertThat(context.getBean(AopConfigUtils.AUTO_PROXY_CREATOR_BEAN_NAME).getClass()).satisfies(
				(creator) -> assertThat(creator == InfrastructureAdvisorAutoProxyCreator.class).isNotEqualTo(aspectj));
		Till till = context.getBean(Till.class);
		assertThat(AopUtils.isCglibProxy(till)).isEqualTo(classes);
		assertThat(AopUtils.isJdkDynamicProxy(till)).isNotEqualTo(classes);
		assertThat(context.getBean(TransactionInterceptor.class)).isNotNull();
	}

	private static List<String> seen(ApplicationContext context) {
		return context.getBean(Moments.class).seen;
	}

	private static List<String> names(LockRegistry registry) {
		return registry.held().stream().map(HeldLock::name).toList();
	}

	public interface Till {

		void close();

		void closeAndLetGo();

		void closeAfterLoss();

	}

	public static class PaperTill implements Till {

		private final Moments moments;

		private final LockTestSupport locks;

		PaperTill(Moments moments, LockTestSupport locks) {
			this.moments = moments;
			this.locks = locks;
		}

		@Override
		@Transactional
		@DistributedLock("till")
		public void close() {
			this.moments.see(TransactionSynchronizationManager.isActualTransactionActive() ? "body" : "bare body",
					" in transaction");
		}

		@Override
		@Transactional
		@DistributedLock(name = "till", release = ReleasePolicy.AFTER_INVOCATION)
		public void closeAndLetGo() {
			close();
		}

		@Override
		@Transactional
		@DistributedLock("till")
		public void closeAfterLoss() {
			close();
			this.locks.loseAll();
		}

	}

	public static class Moments {

		private final LockRegistry registry;

		final List<String> seen = new CopyOnWriteArrayList<>();

		Moments(LockRegistry registry) {
			this.registry = registry;
		}

		void see(String moment, String... more) {
			this.seen.add(moment + " " + names(this.registry) + String.join("", more));
		}

	}

	/**
	 * Tells what reaches the database.
	 */
	public static class WatchedManager extends JdbcTransactionManager {

		private static final long serialVersionUID = 1L;

		private final transient Moments moments;

		WatchedManager(DataSource dataSource, Moments moments) {
			super(dataSource);
			this.moments = moments;
		}

		@Override
		protected void doBegin(Object transaction, TransactionDefinition definition) {
			this.moments.see("begin");
			super.doBegin(transaction, definition);
		}

		@Override
		protected void doCommit(DefaultTransactionStatus status) {
			this.moments.see("commit");
			super.doCommit(status);
		}

		@Override
		protected void doRollback(DefaultTransactionStatus status) {
			this.moments.see("rollback");
			super.doRollback(status);
		}

		@Override
		protected void doCleanupAfterCompletion(Object transaction) {
			this.moments.see("cleanup");
			super.doCleanupAfterCompletion(transaction);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@ImportAutoConfiguration(LockTestAutoConfiguration.class)
	static class Application {

		@Bean
		Moments moments(LockRegistry registry) {
			return new Moments(registry);
		}

		@Bean
		WatchedManager transactionManager(DataSource dataSource, Moments moments,
				TransactionManagerCustomizers customizers) {
			WatchedManager manager = new WatchedManager(dataSource, moments);
			customizers.customize(manager);
			return manager;
		}

		@Bean(destroyMethod = "")
		PaperTill till(Moments moments, LockTestSupport locks) {
			return new PaperTill(moments, locks);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class LastAdvisor {

		@Bean
		static BeanFactoryPostProcessor last() {
			return (beans) -> {
				setOrder(beans, TransactionManagementConfigUtils.TRANSACTION_ADVISOR_BEAN_NAME,
						Ordered.LOWEST_PRECEDENCE - 1);
				setOrder(beans, "coordinationLockAdvisor", Ordered.LOWEST_PRECEDENCE);
			};
		}

		private static void setOrder(ConfigurableListableBeanFactory beans, String advisor, int order) {
			beans.getBeanDefinition(advisor).getPropertyValues().add("order", order);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class PlainAdvisor {

		@Bean
		static BeanFactoryPostProcessor plain() {
			return (beans) -> ((AbstractBeanDefinition) beans.getBeanDefinition("coordinationLockAdvisor"))
				.setRole(BeanDefinition.ROLE_APPLICATION);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Objection {

		@Bean
		TransactionExecutionListener objection() {
			return new TransactionExecutionListener() {

				@Override
				public void beforeCommit(TransactionExecution transaction) {
					throw new TransactionException("lost") {

						private static final long serialVersionUID = 1L;

					};
				}

			};
		}

	}

}
